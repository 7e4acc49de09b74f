import { type Aim, exactly, type Figure, type Measurement } from '../measure/results.ts'
import { billOf, byUnit, fixedOf, totalOf } from './bill.ts'
import { type CountedTraffic, countTraffic } from './count.ts'
import { PLAN, PRICES_OF, STORAGE_PRICES, UNITS } from './prices.ts'

/** Dollars a million decisions. */
const AIMS = { served: 3, impressions: 6 } as const
const WARM_MS = 16_000
const LINES = 12

/** Counts what decisions cost: served exposure and impressions, at 1 and at 100 a second. */
export async function measureCost(decisions: number): Promise<Measurement[]> {
  const counted = await countTraffic(
    [100, 1].flatMap((rate) =>
      [false, true].map((impressions) => ({ rate, impressions, decisions, warmMs: WARM_MS })),
    ),
  )
  return [...counted.map(scenarioOf), fixedCost(counted)]
}

function scenarioOf(traffic: CountedTraffic): Measurement {
  const { rate, impressions, decisions, counts, lakeBytes } = traffic
  const bill = billOf(traffic)
  const total = totalOf(bill)
  const most = impressions ? AIMS.impressions : AIMS.served
  const figures: Figure[] = [dollars('all, a million', total, aimOf(total, most))]
  for (const [unit, { per1000, dollars: sum }] of byUnit(bill)) {
    figures.push(dollars(UNITS[unit], sum))
    figures.push({ what: '  in 1,000 decisions', unit: 'units', value: exactly(per1000) })
  }
  const [dearest] = bill
  const record = (counts['queueBytes decision'] ?? 0) / decisions
  const notes = [
    `the dearest: ${bill
      .slice(0, LINES)
      .map(
        ({ unit, what, dollarsPerMillion }) => `${unit} ${what} $${dollarsPerMillion.toFixed(2)}`,
      )
      .join(', ')}`,
    `a record has ${(record / 1_000).toFixed(1)} KB; the lake grows by ${(lakeBytes / decisions / 1_000).toFixed(1)} KB a decision: $${((lakeBytes / decisions / 1_000) * STORAGE_PRICES.r2).toFixed(2)} a month for each million kept`,
    `${traffic.outcomes} outcomes of ${decisions} decisions in ${traffic.seconds} s; CPU with the simulation's own; list prices of ${PRICES_OF}, nothing taken off for what the plan includes`,
  ]
  if (total > most)
    notes.push(
      `over the aim by $${(total - most).toFixed(2)}; ${dearest.unit} ${dearest.what} is $${dearest.dollarsPerMillion.toFixed(2)}`,
    )
  return {
    name: `cost: ${rate} a second, ${impressions ? 'an impression batch per decision' : 'served exposure'}`,
    figures,
    notes,
  }
}

/** From the slow scenario with impressions: there pages are published as often as they ever are. */
function fixedCost(counted: readonly CountedTraffic[]): Measurement {
  const slow = counted.find(({ rate, impressions }) => rate === 1 && impressions)
  const parts = [...(slow ? fixedOf(slow) : [])]
  const sum = parts.reduce((all, [, each]) => all + each, PLAN)
  return {
    name: 'cost: fixed, a month',
    figures: [
      dollars('all', sum),
      dollars('Workers Paid', PLAN),
      ...parts.map(([what, each]) => dollars(what, each)),
    ],
    notes: ['reads are those of one isolate that is always in use; each further one reads as much'],
  }
}

function dollars(what: string, value: number, aim?: Aim): Figure {
  return { what, unit: '$', value: exactly(value), ...(aim ? { aim } : {}) }
}

function aimOf(value: number, most: number): Aim {
  return { text: `≤ $${most}`, met: value <= most }
}
