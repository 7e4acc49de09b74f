import { describe, expect, it } from 'vitest'
import { Comparison } from '../../scripts/golden/comparison.ts'
import { formats } from '../../scripts/golden/formats.ts'
import binary from '../golden/binary.json'
import candidates from '../golden/candidates.json'
import ftrl from '../golden/ftrl.json'
import logreg from '../golden/logreg.json'
import mulberry32 from '../golden/mulberry32.json'
import murmur3 from '../golden/murmur3.json'
import ope from '../golden/ope.json'
import propensity from '../golden/propensity.json'
import ranking from '../golden/ranking.json'
import refSimulator from '../golden/ref_simulator.json'
import simulator from '../golden/simulator_small.json'

const fixtures: Record<string, unknown> = {
  binary,
  candidates,
  ftrl,
  logreg,
  mulberry32,
  murmur3,
  ope,
  propensity,
  ranking,
  simulator,
}

function recompute(document: unknown): { format: string; comparison: Comparison } | null {
  for (const format of formats) {
    const run = format.recognize(document)
    if (run === null) continue
    const comparison = new Comparison()
    run(comparison)
    return { format: format.name, comparison }
  }
  return null
}

describe('golden fixtures', () => {
  it.each(Object.keys(fixtures))('%s: every expected value is met', (name) => {
    const result = recompute(fixtures[name])!
    expect(result.format).toBe(name)
    expect(result.comparison.cases).toBeGreaterThan(0)
    expect(result.comparison.mismatches).toEqual([])
  })

  it.each(Object.keys(fixtures))('%s: any expected number that is off is noticed', (name) => {
    const paths = numericPaths(fixtures[name]).filter((path) =>
      /expected|uint32|ten|T80/.test(path),
    )
    const checked = paths.filter((path) => !/clippedIPS_M/.test(path))
    expect(checked.length).toBeGreaterThan(0)
    for (const path of checked.filter((_, at) => at % Math.ceil(checked.length / 40) === 0)) {
      const result = recompute(shifted(fixtures[name], path))!
      expect(result.comparison.mismatches.length, path).toBeGreaterThan(0)
    }
  })

  it('the exact part of the simulator reference is met', () => {
    const result = recompute(refSimulator)!
    expect(result.format).toBe('ref_simulator')
    expect(result.comparison.mismatches).toEqual([])
  })

  it('documents of other shapes are not recognized', () => {
    for (const document of [{}, [], null, 1, 'text', [{ y: [1] }], { rows: [] }]) {
      expect(recompute(document)).toBeNull()
    }
  })
})

function numericPaths(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => numericPaths(part, `${path}/${key}`))
}

function shifted(document: unknown, path: string, at = ''): unknown {
  if (at === path && typeof document === 'number') return document + 1
  if (typeof document !== 'object' || document === null || !path.startsWith(at)) return document
  const entries = Object.entries(document).map(
    ([key, part]) => [key, shifted(part, path, `${at}/${key}`)] as const,
  )
  return Array.isArray(document) ? entries.map(([, part]) => part) : Object.fromEntries(entries)
}
