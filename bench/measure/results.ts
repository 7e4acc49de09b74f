import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release } from 'node:os'
import type { Spread } from './paired.ts'

/** A number that was measured. */
export interface Figure {
  readonly what: string
  readonly unit: 'ratio' | 'µs' | 'ms' | 'bytes' | '$' | 'units'
  readonly value: Spread
  readonly aim?: Aim
}

/** What a figure should be, and whether its median is. */
export interface Aim {
  readonly text: string
  readonly met: boolean
}

/** Figures that belong together, with what one must know to read them. */
export interface Measurement {
  readonly name: string
  readonly figures: readonly Figure[]
  readonly notes: readonly string[]
}

/** All measurements of one part of the bench. */
export interface Part {
  readonly date: string
  readonly machine: ReturnType<typeof machine>
  readonly rounds: number
  readonly measurements: readonly Measurement[]
}

/** A figure that did not spread. */
export function exactly(value: number): Spread {
  return { median: value, lowerQuartile: value, upperQuartile: value }
}

/** An aim for a figure: at most, or at least, so much. */
export function aim(kind: '≤' | '≥', bound: number, value: Spread, unit = '×'): Aim {
  const met = kind === '≤' ? value.median <= bound : value.median >= bound
  return { text: `${kind} ${bound}${unit}`, met }
}

/** What the figures were taken on. */
export function machine() {
  const fromWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler'))
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    kernel: release(),
    node: process.version,
    v8: process.versions.v8,
    workerd: String(fromWrangler('workerd/package.json').version),
  }
}

/** Puts the parts that were run into a results file; those that were not run stay as they are. */
export function writeParts(path: string, parts: Readonly<Record<string, Part>>): void {
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  const all = Object.entries<unknown>({ ...before, ...parts }).sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(all), rounded, 2)}\n`)
}

/** Four digits say all that a shared machine can. */
function rounded(_: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) return value
  return Number(value.toPrecision(4))
}
