import { packDecision } from '../../src/core/decision-codec.ts'
import type { DecisionEvent } from '../../src/core/decision-event.ts'
import { uuidv7 } from '../../src/core/decision-id.ts'
import type { OutcomeEvent } from '../../src/core/event-envelope.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import { decisionMessage, outcomeMessages } from '../../src/wheel/message.ts'
import { outcomeEvent } from '../fixtures/lake.ts'

const HOUR_MS = 3_600_000

/** Chance that a test can repeat. */
export function chance(seed: number) {
  const draw = mulberry32(seed)
  const below = (n: number) => Math.floor(draw() * n)
  return {
    draw,
    below,
    pick: <T>(list: readonly T[]): T => list[below(list.length)],
    shuffled: <T>(list: readonly T[]): T[] =>
      list
        .map((one) => ({ one, at: draw() }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one),
  }
}

/** A decision like `base`, made by somebody at some time. */
export function decisionLike(
  base: DecisionEvent,
  over: Pick<DecisionEvent, 'useCase' | 'variant' | 'model' | 'decidedAtMs'>,
  seed: number,
  slots = base.choices.length,
): DecisionEvent {
  const { draw } = chance(seed)
  const random = Uint8Array.from({ length: 10 }, () => Math.floor(draw() * 256))
  const decisionId = uuidv7(over.decidedAtMs, random)
  return { ...base, ...over, decisionId, choices: base.choices.slice(0, slots) }
}

/** The message of a decision. */
export const messageOf = (event: DecisionEvent) => decisionMessage(packDecision(event))

/** An event about an item of a decision's page. */
export function eventOf(
  decision: DecisionEvent,
  place: number,
  over: Partial<OutcomeEvent> = {},
): OutcomeEvent {
  const { decisionId, decidedAtMs, useCase, variant, model, ids, choices } = decision
  const eventTimeMs = decidedAtMs + 60_000
  return outcomeEvent({
    item: ids[choices[place - 1].index],
    position: place,
    keyTimeMs: decidedAtMs,
    eventTimeMs,
    receivedMs: eventTimeMs + 1_000,
    ...{ decisionId, useCase, variant, model },
    ...over,
  })
}

/** Of no use case, as a server sends it that has kept the decision's id alone. */
export const withoutReceipt = (event: OutcomeEvent): OutcomeEvent => ({
  ...event,
  ...{ voucher: 'secret', useCase: null, variant: null, model: null, position: null },
})

/** Decisions of several groups and hours and all that may come of them, and the messages that tell. */
export function traffic(base: DecisionEvent, seed: number, count: number, fromMs: number) {
  const { draw, below, pick, shuffled } = chance(seed)
  const decisions = Array.from({ length: count }, (_, i) =>
    decisionLike(
      base,
      {
        useCase: pick(['movies-home', 'movies-similar']),
        variant: pick(['control', 'bold']),
        model: pick([null, 'movies-home@1', 'movies-home@2']),
        decidedAtMs: fromMs + below(3 * HOUR_MS),
      },
      seed * 1_000 + i,
      1 + below(base.choices.length),
    ),
  )
  const events: OutcomeEvent[] = []
  let ids = 0
  for (const decision of decisions) {
    const bare = draw() < 0.2
    const add = (place: number, over: Partial<OutcomeEvent>) => {
      const event = eventOf(decision, place, { id: `e${ids++}`, ...over })
      events.push(bare ? withoutReceipt(event) : event)
      return event
    }
    for (let place = 1; place <= decision.choices.length; place++) {
      if (draw() < 0.7) add(place, { type: 'impression' })
      // Around the end of a window of a day, and by hours that are few: each is a part of the lake.
      const later = decision.decidedAtMs + pick([1, 23, 25]) * HOUR_MS
      const late = { eventTimeMs: later, receivedMs: later + pick([0, 48]) * HOUR_MS }
      if (draw() < 0.3) {
        add(place, { type: 'click', ...late })
        if (draw() < 0.3) add(place, { type: 'click' })
        if (draw() < 0.2) add(place, { type: 'click', retracts: 'whichever' })
      }
      if (draw() < 0.3) {
        const { id } = add(place, { type: 'rate', value: 1 + below(5), ...late })
        // As CONTRACT has it: neither the value nor the position is said again.
        if (draw() < 0.3) add(place, { type: 'rate', value: null, position: null, retracts: id })
      }
      if (draw() < 0.1)
        add(place, { type: 'click', id: 'forged', trust: 'bad_receipt', voucher: null })
    }
  }
  const messages = decisions.map(messageOf)
  for (const rest = shuffled(events); rest.length > 0; )
    messages.push(...outcomeMessages(rest.splice(0, 1 + below(8))).map(({ bytes }) => bytes))
  const deliveries = shuffled(messages.flatMap((one) => Array<typeof one>(1 + below(3)).fill(one)))
  const batches: Uint8Array[][] = []
  while (deliveries.length > 0) batches.push(deliveries.splice(0, 1 + below(20)))
  return { decisions, events, batches }
}
