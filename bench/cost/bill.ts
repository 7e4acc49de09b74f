import type { CountedTraffic } from './count.ts'
import { PRICES, type Unit } from './prices.ts'

/** What one unit costs, for one purpose. */
export interface BillLine {
  readonly unit: Unit
  readonly what: string
  /** For 1,000 decisions. */
  readonly per1000: number
  readonly dollarsPerMillion: number
}

/** Units that come with time and not with decisions: pages and models are published and read so often. */
const TIMED = /^(?:kvRead|kvWrite) (?:page|model\/)/

const MONTH_S = 30 * 86_400

/** The lines of a scenario, the dearest first, without what comes with time. */
export function billOf({ counts, decisions, cpuMs, all }: CountedTraffic): BillLine[] {
  const lines = Object.entries(counts).filter(([name]) => isBilled(name) && !TIMED.test(name))
  lines.push(['cpuMs everything', (cpuMs * decisions) / all])
  return lines
    .map(([name, count]): BillLine => {
      const [unit, what] = partsOf(name)
      const each = count / decisions
      return { unit, what, per1000: 1_000 * each, dollarsPerMillion: each * PRICES[unit] }
    })
    .sort((a, b) => b.dollarsPerMillion - a.dollarsPerMillion)
}

/** Dollars a million decisions. */
export function totalOf(bill: readonly BillLine[]): number {
  return bill.reduce((sum, { dollarsPerMillion }) => sum + dollarsPerMillion, 0)
}

/** Units and dollars of 1,000 and a million decisions, by unit. */
export function byUnit(bill: readonly BillLine[]): Map<Unit, { per1000: number; dollars: number }> {
  const sums = new Map<Unit, { per1000: number; dollars: number }>()
  for (const { unit, per1000, dollarsPerMillion } of bill) {
    const sum = sums.get(unit) ?? { per1000: 0, dollars: 0 }
    sums.set(unit, {
      per1000: sum.per1000 + per1000,
      dollars: sum.dollars + dollarsPerMillion,
    })
  }
  return sums
}

/** Dollars a month for what comes with time, by what it is; of one isolate that is always in use. */
export function fixedOf({ counts, seconds }: CountedTraffic): Map<string, number> {
  const fixed = new Map<string, number>()
  for (const [name, count] of Object.entries(counts)) {
    if (!TIMED.test(name)) continue
    const [unit] = partsOf(name)
    const dollars = ((count / seconds) * MONTH_S * PRICES[unit]) / 1e6
    fixed.set(name, dollars)
  }
  return fixed
}

function isBilled(name: string): boolean {
  return Object.hasOwn(PRICES, partsOf(name)[0])
}

function partsOf(name: string): [Unit, string] {
  const [unit, ...what] = name.split(' ')
  return [unit as Unit, what.join(' ')]
}
