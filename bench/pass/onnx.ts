import { createRequire } from 'node:module'
import type { Catalogue } from './catalogue.ts'
import { attributeName } from './catalogue.ts'
import { FALLBACK, sortOf, weightOf } from './mixture.ts'
import { type Layout, linearOnnx } from './onnx-model.ts'

interface OrtTensor {
  readonly data: Float32Array
}

interface Ort {
  readonly env: { readonly wasm: { numThreads: number } }
  readonly InferenceSession: {
    create(model: Uint8Array): Promise<{
      run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>
    }>
  }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor
}

/** The pass with onnxruntime-web (WebAssembly, SIMD, one thread) as the scorer. */
export interface OnnxPass {
  /** Fills the matrix, scores it, selects. */
  run(limit: number): Promise<string[]>
  /** Scores a matrix that is ready. */
  score(): Promise<Float32Array>
}

/**
 * Binds onnxruntime-web to a catalogue. It computes no features, so it gets the best that could be
 * written by hand for these very columns: one loop each, no statuses kept. Null where it is not installed.
 */
export async function onnxPass(
  catalogue: Catalogue,
  features: number,
  layout: Layout,
): Promise<OnnxPass | null> {
  const ort = await installed()
  if (ort === null) return null
  ort.env.wasm.numThreads = 1
  const weights = Float32Array.from({ length: features }, (_, i) => weightOf(i))
  const session = await ort.InferenceSession.create(linearOnnx(weights, layout))
  const { table, candidates } = catalogue
  const rows = candidates.length
  const x = new Float32Array(rows * features)
  const dims = layout === 'rows' ? [rows, features] : [features, rows]
  const columns = Array.from({ length: features }, (_, i) => {
    const column = table.numberColumn(attributeName(i))
    if (!column?.status) throw new Error('the catalogue has no such column')
    // Logarithms are made once, as the engine makes them.
    const values = column.values as Float32Array
    return { values: sortOf(i) === 'log' ? values.map(Math.log1p) : values, status: column.status }
  })
  const [byRow, byFeature] = layout === 'rows' ? [features, 1] : [1, rows]
  const fill = () => {
    for (let i = 0; i < features; i++) {
      const own = catalogue.user[attributeName(i)]
      FILL[sortOf(i)](columns[i], candidates, x, i * byFeature, byRow, own)
    }
  }
  const score = async () => {
    const { scores } = await session.run({ x: new ort.Tensor('float32', x, dims) })
    return scores.data
  }
  fill()
  return {
    async run(limit) {
      fill()
      const best = topOf(await score(), limit)
      return Array.from(best, (row) => table.ids[candidates[row]])
    },
    score,
  }
}

async function installed(): Promise<Ort | null> {
  const name: string = 'onnxruntime-web'
  try {
    createRequire(import.meta.url).resolve(name)
  } catch {
    return null
  }
  return (await import(name)) as Ort
}

type Fill = (
  column: { readonly values: Float32Array; readonly status: Uint8Array },
  slots: Int32Array,
  out: Float32Array,
  from: number,
  step: number,
  own: number,
) => void

const plain: Fill = ({ values, status }, slots, out, from, step) => {
  for (let row = 0; row < slots.length; row++)
    out[from + row * step] = status[slots[row]] === 0 ? values[slots[row]] : FALLBACK
}

const FILL: Readonly<Record<ReturnType<typeof sortOf>, Fill>> = {
  log: plain,
  plain,
  context(_, slots, out, from, step, own) {
    for (let row = 0; row < slots.length; row++) out[from + row * step] = own / 10
  },
  gap({ values, status }, slots, out, from, step, own) {
    for (let row = 0; row < slots.length; row++)
      out[from + row * step] =
        status[slots[row]] === 0 ? Math.abs(own - values[slots[row]]) : FALLBACK
  },
  ratio({ values, status }, slots, out, from, step, own) {
    for (let row = 0; row < slots.length; row++)
      out[from + row * step] = status[slots[row]] === 0 ? values[slots[row]] / (1 + own) : FALLBACK
  },
}

/** Rows of the highest scores, best first, by insertion into a short list. */
function topOf(scores: Float32Array, limit: number): Int32Array {
  const rows = new Int32Array(Math.min(limit, scores.length))
  const kept = new Float32Array(rows.length)
  let size = 0
  for (let row = 0; row < scores.length; row++) {
    if (size === rows.length && !(scores[row] > kept[size - 1])) continue
    let at = size < rows.length ? size++ : size - 1
    for (; at > 0 && kept[at - 1] < scores[row]; at--) {
      kept[at] = kept[at - 1]
      rows[at] = rows[at - 1]
    }
    kept[at] = scores[row]
    rows[at] = row
  }
  return rows
}
