import { uuidv7 } from '../../src/core/decision-id.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/duration.ts'
import type { OutcomeEvent } from '../../src/core/event-envelope.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'

/** Something that happened once, however often and under whatever ids it is told. */
export interface Fact {
  readonly event: OutcomeEvent
  /** It was taken back, before or after it was told. */
  readonly retracted: boolean
}

/** What people did, and what their clients send of it. */
export interface History {
  /** Those that count: the expected truth. */
  readonly facts: readonly Fact[]
  /** What clients send, in this order; each until it is accepted. Of nobody else's making: all is in `facts`. */
  readonly requests: readonly (readonly OutcomeEvent[])[]
}

const TYPES = ['click', 'click', 'rate', 'rate', 'impression', 'dismiss']
const LATE_MS = [0, 0, HOUR_MS, DAY_MS, 12 * DAY_MS]

/** A random choice between whole numbers, one of a list, and one with a chance. */
export function chance(random: () => number) {
  const below = (most: number) => Math.floor(random() * most)
  return {
    below,
    one: <T>(list: readonly T[]) => list[below(list.length)],
    is: (p: number) => random() < p,
  }
}

/** The history of a seed: about `size` facts that happened up to `startMs`. */
export function historyOf(seed: number, size: number, startMs: number): History {
  const random = mulberry32(seed ^ 0x2545f491)
  const { below, one, is } = chance(random)
  const users = 1 + below(8)
  const items = 1 + below(12)
  // A few times, now and long ago, around which all happens.
  const anchors = Array.from({ length: 3 }, () => startMs - 1 - below(one(LATE_MS) + 1))
  const timeOf = () => one(anchors) - below(10 * MINUTE_MS)
  const decisions = Array.from({ length: 1 + below(12) }, () => {
    const atMs = timeOf()
    const bytes = Uint8Array.from({ length: 10 }, () => below(256))
    return { atMs, id: uuidv7(atMs, bytes) }
  })
  const facts = new Map<string, Fact>()
  const told: OutcomeEvent[] = []

  for (let n = 0; n < size; n++) {
    const type = one(TYPES)
    const decision = is(0.6) ? one(decisions) : null
    const once = type !== 'rate'
    const voucher = decision && is(0.7) ? 'receipt' : 'secret'
    const timeMs = decision
      ? Math.min(startMs, decision.atMs + below(one(LATE_MS) + MINUTE_MS))
      : timeOf()
    // The same few ids again and again: they are told apart by type and decision, or not at all.
    const id = is(0.2) ? `e${below(6)}` : `f${n}`
    const counts = !is(0.04)
    const event: OutcomeEvent = {
      id,
      type,
      item: `${below(items)}`,
      user: is(0.15) ? null : `u${below(users)}`,
      position: null,
      value: type === 'rate' ? (1 + below(10)) / 2 : null,
      eventTimeMs: timeMs,
      receivedMs: 0,
      keyTimeMs: decision?.atMs ?? timeMs,
      trust: counts ? 'counted' : 'no_receipt',
      voucher: counts ? voucher : null,
      decisionId: decision?.id ?? null,
      useCase: decision && 'movies-home',
      variant: null,
      model: null,
      retracts: null,
      properties: {},
      consent: { personalize: !is(0.1), train: true },
    }
    const identity = identityOf(event, once)
    if (facts.has(identity)) continue
    const retracted = counts && is(0.15)
    if (counts) facts.set(identity, { event, retracted })
    const copies = is(0.3) ? 2 + below(3) : 1
    for (let copy = 0; copy < copies; copy++)
      // A client that forgot what it had sent gives a new id to the same click.
      told.push(copy > 0 && once && decision && is(0.5) ? { ...event, id: `c${n}-${copy}` } : event)
    const back = { ...event, id: `r${n}`, retracts: id }
    if (retracted) for (let copy = 0; copy < 1 + below(2); copy++) told.push(back)
    // Somebody takes back what never happened.
    else if (is(0.03) && decision === null)
      told.push({ ...back, type: 'rate', value: 1, retracts: `never-${n}` })
  }
  return { facts: [...facts.values()], requests: requestsOf(told, random) }
}

/** As CONTRACT §2 has it, written down again from its words. */
function identityOf(event: OutcomeEvent, once: boolean): string {
  const { decisionId, item, type, id, voucher } = event
  if (once && decisionId) return JSON.stringify([decisionId, item, type])
  const manyItems = type === 'impression' ? item : null
  if (voucher === 'receipt' && decisionId) return JSON.stringify([decisionId, type, id, manyItems])
  return JSON.stringify([voucher, type, id, manyItems])
}

/** In any order, a few at a time. */
function requestsOf(told: readonly OutcomeEvent[], random: () => number): OutcomeEvent[][] {
  const { below } = chance(random)
  const shuffled = told
    .map((event) => ({ event, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event)
  const requests: OutcomeEvent[][] = []
  while (shuffled.length > 0) requests.push(shuffled.splice(0, 1 + below(3)))
  return requests
}
