import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuOf, type Effort, interleaved, type Rounds, ratioOf } from '../measure/paired.ts'
import { aim, type Figure, type Measurement } from '../measure/results.ts'
import { chainSource } from './chain-source.ts'
import { assertSamePage } from './contest.ts'
import { type NodeContender, nodeContender } from './node-contenders.ts'
import { passBundle, type WorkerdContender, workerdContender } from './workerd-contenders.ts'

/** One size of the pass. */
export interface Size {
  readonly rows: number
  readonly features: number
}

/** The sizes of a full run. */
export const SIZES: readonly Size[] = [16, 64].flatMap((features) =>
  [100, 500, 5_000].map((rows) => ({ rows, features })),
)

const OURS = 'edgewheel'
const OBJECTS = 'objects and Map'
const ONNX = 'onnxruntime-web'
const SAME_PAGE = 'CPU of a process per contender, all threads; all contenders fill the same page'
const BY_HAND =
  'onnxruntime-web does not run in workerd unchanged, so it is compared in Node; it computes no features, so loops written by hand fill its matrix, without statuses, logarithms ready'

/**
 * The pass over candidates: features, scores, the best twenty; against objects and Map in Node and in
 * workerd, and against onnxruntime-web in Node. Throws where pages differ.
 */
export async function measurePass(
  effort: Effort,
  sizes: readonly Size[] = SIZES,
  runtimes: readonly ('node' | 'workerd')[] = ['node', 'workerd'],
): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const features of new Set(sizes.map((size) => size.features))) {
    const source = chainSource(features)
    const bundle = runtimes.includes('workerd') ? passBundle(source) : null
    for (const size of sizes.filter((one) => one.features === features)) {
      if (runtimes.includes('node')) measurements.push(await inNode(source, size, effort))
      if (bundle) measurements.push(await inWorkerd(bundle, size, effort))
    }
  }
  return measurements
}

async function inNode(source: string, size: Size, effort: Effort): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'edgewheel-chain-'))
  const chain = join(folder, 'chain.mjs')
  writeFileSync(chain, source)
  const started: NodeContender[] = []
  try {
    const names = ['edgewheel', 'objects', 'onnx-rows', 'onnx-features'] as const
    for (const name of names) started.push(await nodeContender(name, chain, size.rows))
    const [ours, objects, ...onnx] = started
    const installed = onnx.every(({ page }) => page !== null)
    assertSamePage(
      Object.fromEntries(
        started.flatMap(({ page }, i) => (page === null ? [] : [[names[i], page]])),
      ),
    )
    const tasks = [ours.task(OURS, 'pass'), objects.task(OBJECTS, 'pass')]
    if (installed)
      tasks.push(
        ours.task(scoresOf(OURS), 'score'),
        ...onnx.flatMap((one, i) => [
          one.task(layoutName(i), 'pass'),
          one.task(scoresOf(layoutName(i)), 'score'),
        ]),
      )
    const rounds = await interleaved(tasks, effort)
    return {
      name: titleOf('Node', size),
      figures: [...againstObjects(rounds), ...(installed ? againstOnnx(rounds) : [])],
      notes: [SAME_PAGE, installed ? BY_HAND : `${ONNX} is not installed and was left out`],
    }
  } finally {
    for (const contender of started) contender.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function inWorkerd(bundle: string, size: Size, effort: Effort): Promise<Measurement> {
  const started: WorkerdContender[] = []
  try {
    started.push(await workerdContender(OURS, 'edgewheel', bundle, size.rows))
    started.push(await workerdContender(OBJECTS, 'objects', bundle, size.rows))
    assertSamePage(Object.fromEntries(started.map(({ name, page }) => [name, page])))
    const rounds = await interleaved(started, effort)
    return { name: titleOf('workerd', size), figures: againstObjects(rounds), notes: [SAME_PAGE] }
  } finally {
    for (const contender of started) await contender.stop()
  }
}

function titleOf(runtime: string, { rows, features }: Size): string {
  return `pass: ${rows} candidates × ${features} features in ${runtime}`
}

function layoutName(i: number): string {
  return `${ONNX} ${i === 0 ? '[rows × features]' : '[features × rows]'}`
}

function scoresOf(name: string): string {
  return `${name}, only scores`
}

function againstObjects(rounds: Rounds): Figure[] {
  const ratio = ratioOf(rounds, OBJECTS, OURS)
  return [
    { what: OURS, unit: 'µs', value: cpuOf(rounds, OURS) },
    { what: OBJECTS, unit: 'µs', value: cpuOf(rounds, OBJECTS) },
    { what: `${OBJECTS} / ${OURS}`, unit: 'ratio', value: ratio, aim: aim('≥', 10, ratio) },
  ]
}

/** Against whichever layout is the faster one here. */
function againstOnnx(rounds: Rounds): Figure[] {
  const best = (name: (i: number) => string): string =>
    [0, 1].map(name).sort((a, b) => cpuOf(rounds, a).median - cpuOf(rounds, b).median)[0]
  const pass = best(layoutName)
  const scores = best((i) => scoresOf(layoutName(i)))
  const whole = ratioOf(rounds, pass, OURS)
  const only = ratioOf(rounds, scores, scoresOf(OURS))
  return [
    { what: `${pass}, features by hand`, unit: 'µs', value: cpuOf(rounds, pass) },
    {
      what: `${ONNX}, features by hand / ${OURS}`,
      unit: 'ratio',
      value: whole,
      aim: aim('≥', 1, whole),
    },
    { what: scoresOf(OURS), unit: 'µs', value: cpuOf(rounds, scoresOf(OURS)) },
    { what: scores, unit: 'µs', value: cpuOf(rounds, scores) },
    {
      what: `${ONNX} / ${OURS}, only scores`,
      unit: 'ratio',
      value: only,
      aim: aim('≥', 1, only),
    },
  ]
}
