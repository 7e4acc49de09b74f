import type { EventView } from '../event-envelope.ts'
import type { FieldValue, Status } from '../field.ts'
import { IdSet } from '../id-set.ts'
import { murmur3 } from '../murmur3.ts'
import type { StoredValue } from '../record.ts'
import { hopMsOf } from '../tiles.ts'
import { type Aggregate, isRetractable, matches, subjectOf, takes } from './definition.ts'
import { distinctOf, subjectHash } from './distinct.ts'

/**
 * The value of an aggregate at a time, straight from its definition over a list of events in any order:
 * what backfill computes, and what the value kept by tiles equals. `events` are those that count by then,
 * each once; `isRetracted` tells which of them were taken back.
 */
export function aggregateAt(
  aggregate: Aggregate,
  events: readonly EventView[],
  nowMs: number,
  isRetracted: (event: EventView) => boolean = () => false,
): StoredValue {
  const taken = events.filter((event) => takes(aggregate, event))
  const standing = isRetractable(aggregate) ? taken.filter((one) => !isRetracted(one)) : taken
  const updatedAtMs = taken.reduce((last, { timeMs }) => Math.max(last, timeMs), 0)
  const [value, status] = computed(aggregate, standing, nowMs)
  const { maxAgeMs } = aggregate
  const old = taken.length > 0 && maxAgeMs !== null && nowMs - updatedAtMs > maxAgeMs
  return { value, status: old && status !== 'missing' ? 'stale' : status, updatedAtMs }
}

function computed(
  aggregate: Aggregate,
  taken: readonly EventView[],
  nowMs: number,
): [FieldValue | null, Status] {
  const { kind, windowMs } = aggregate
  const inWindow = windowMs === null ? taken : taken.filter(covered(windowMs, nowMs))
  const values = inWindow.map(({ value }) => Math.round(value * 1e6) + 0)
  const none = inWindow.length === 0
  switch (kind) {
    case 'count':
      return [inWindow.length, 'present']
    case 'sum':
      return [sumOf(values), 'present']
    case 'mean':
      return none ? [null, 'missing'] : [sumOf(values) / values.length, 'present']
    case 'min':
      return none ? [null, 'missing'] : [Math.min(...values) / 1e6, 'present']
    case 'max':
      return none ? [null, 'missing'] : [Math.max(...values) / 1e6, 'present']
    case 'last': {
      const latest = [...inWindow].sort(latestFirst)[0]
      return none ? [null, 'missing'] : [(Math.round(latest.value * 1e6) + 0) / 1e6, 'present']
    }
    case 'last_k': {
      const texts = subjects(inWindow, aggregate.of).sort(
        (a, b) => b[1] - a[1] || murmur3(b[0]) - murmur3(a[0]) || (a[0] < b[0] ? -1 : 1),
      )
      return [texts.slice(0, aggregate.k).map(([text]) => text), 'present']
    }
    case 'distinct': {
      const hashes = new Set(subjects(inWindow, aggregate.of).map(([text]) => subjectHash(text)))
      const lowest = [...hashes].sort((a, b) => a - b).slice(0, aggregate.k + 1)
      return [distinctOf(lowest, aggregate.k), 'present']
    }
    case 'seen': {
      const ids = new IdSet()
      for (const [text] of subjects(inWindow, aggregate.of)) ids.add(text)
      return [ids, 'present']
    }
    case 'rate': {
      const over = inWindow.filter((event) => matches(aggregate.events, event)).length
      const under = inWindow.filter((event) => matches(aggregate.per, event)).length
      const value = (aggregate.prior[0] + over) / (aggregate.prior[1] + under)
      return [value, none ? 'defaulted' : 'present']
    }
    case 'decayed':
      return [decayedOf(taken, aggregate.halfLifeMs, nowMs), 'present']
  }
}

function covered(windowMs: number, nowMs: number): (event: EventView) => boolean {
  const hopMs = hopMsOf(windowMs)
  const firstMs = (Math.floor((nowMs - windowMs) / hopMs) + 1) * hopMs
  return ({ timeMs }) => timeMs >= firstMs
}

/** The sum of whole 1e-6 units, in units of 1. */
function sumOf(micros: readonly number[]): number {
  return Number(micros.reduce((total, value) => total + BigInt(value), 0n)) / 1e6
}

function latestFirst(a: EventView, b: EventView): number {
  return b.timeMs - a.timeMs || murmur3(b.id) - murmur3(a.id) || b.value - a.value
}

/** Each subject with its latest time. */
function subjects(
  events: readonly EventView[],
  of: Parameters<typeof subjectOf>[0],
): [string, number][] {
  const latest = new Map<string, number>()
  for (const event of events) {
    const text = subjectOf(of, event) as string
    latest.set(text, Math.max(latest.get(text) ?? 0, event.timeMs))
  }
  return [...latest]
}

/** Per block of one half-life a whole number of 2^-20, from the oldest of the last 32 blocks on. */
function decayedOf(events: readonly EventView[], halfLifeMs: number, nowMs: number): number {
  const current = Math.floor(nowMs / halfLifeMs)
  let sum = 0
  for (let block = current - 31; block <= current; block++) {
    let units = 0
    for (const { timeMs } of events)
      if (Math.floor(timeMs / halfLifeMs) === block)
        units += Math.round(2 ** 20 * 2 ** (timeMs / halfLifeMs - block))
    sum += units * 2 ** (block - nowMs / halfLifeMs)
  }
  return sum / 2 ** 20
}
