import type { DecisionEvent } from '../core/decision-event.ts'
import { timeOfUuidv7 } from '../core/decision-id.ts'
import { eventView, type OutcomeEvent } from '../core/event-envelope.ts'
import { isOutcome, receiptLifeMs } from '../core/event-outcome.ts'
import { STATUSES } from '../core/field.ts'
import { categoriesAt } from '../core/matrix.ts'
import type { BoundScorer } from '../core/stage.ts'
import { servedItems, sourcesOf } from '../wheel/lake-decision.ts'
import { findDecision, findOutcomes } from '../wheel/lake-find.ts'
import { pinnedScorer } from '../wheel/pinned.ts'
import type { Runtime } from '../wheel/runtime.ts'
import { explanationOf } from './decide-answer.ts'
import { Problem } from './problem.ts'
import { json, type Route } from './route.ts'

/** The consumer waits a second for a batch to fill, and then writes it. */
const RETRY_AFTER_S = '2'

/** `GET /v1/decisions/{decisionId}`: what was logged of a decision, and what came of it so far. */
export function decisionRoutes(runtime: Runtime): Route[] {
  const { lake, clock, outcomes } = runtime
  return [
    {
      method: 'GET',
      path: '/v1/decisions/:decisionId',
      access: 'secret',
      async handle(call) {
        const id = call.param('decisionId') ?? ''
        const madeMs = timeOfUuidv7(id)
        if (madeMs === null)
          throw new Problem(404, 'unknown_id', 'This is no decision’s id: those are UUIDv7.')
        // What arrives after this is no outcome of it any more.
        const untilMs = Math.min(clock.nowMs(), madeMs + receiptLifeMs(outcomes))
        const [event, arrived] = await Promise.all([
          findDecision(lake, id),
          findOutcomes(lake, id, untilMs),
        ])
        if (event === null)
          throw new Problem(404, 'unknown_id', 'No decision with this id has been written (yet).', {
            headers: { 'retry-after': RETRY_AFTER_S },
          })
        const scorer = await pinnedScorer(runtime, event)
        return json(loggedDecision(runtime, event, scorer, arrived))
      },
    },
  ]
}

function loggedDecision(
  runtime: Runtime,
  event: DecisionEvent,
  scorer: BoundScorer | null,
  arrived: readonly OutcomeEvent[],
) {
  return {
    decisionId: event.decisionId,
    useCase: event.useCase,
    decidedAt: event.decidedAtMs,
    request: event.request,
    items: servedItems(event).map(({ row, ...item }) => ({
      ...item,
      features: row < 0 ? {} : featuresOf(event, row),
      explanation: scorer && explanationOf({ scorer, matrix: event.matrix }, { row }),
    })),
    pool: event.ids.map((id, row) => ({
      id,
      sources: sourcesOf(event, row),
      score: event.scores[row],
    })),
    dropped: event.drops,
    trace: event.trace,
    model: event.model,
    variant: event.variant,
    degraded: event.degraded,
    chain: event.chain,
    rank: event.ranker,
    constraints: event.constraints,
    relaxed: event.relaxed,
    complete: event.complete,
    outcomes: arrived.map((one) => outcomeOf(runtime, event, one)),
  }
}

function featuresOf({ features, matrix }: DecisionEvent, row: number) {
  return Object.fromEntries(
    features.map(({ name }, index) => {
      const column = matrix.categories[index]
      const cell = index * matrix.stride + row
      return [
        name,
        {
          value: column ? categoriesAt(column, row) : matrix.values[cell],
          status: STATUSES[matrix.status[cell]],
        },
      ]
    }),
  )
}

/** An event, and the names of the outcomes that it is for this decision. */
function outcomeOf({ outcomes }: Runtime, { decidedAtMs }: DecisionEvent, event: OutcomeEvent) {
  const isCounted = event.trust === 'counted' && event.retracts === null
  const view = eventView(event)
  return {
    id: event.id,
    type: event.type,
    item: event.item,
    user: event.user,
    position: event.position,
    value: event.value,
    at: event.eventTimeMs,
    receivedAt: event.receivedMs,
    trust: event.trust,
    retracts: event.retracts,
    outcomes: outcomes
      .filter((outcome) => isCounted && isOutcome(outcome, view, decidedAtMs))
      .map(({ name }) => name),
  }
}
