import { listFailed } from '../wheel/failed.ts'
import type { MetricTotals } from '../wheel/metrics.ts'
import type { OutboxState } from '../wheel/outbox.ts'
import type { Runtime } from '../wheel/runtime.ts'
import type { Family, Sample } from './metrics-text.ts'
import type { Call } from './route.ts'

/** Objects of `failed/` are counted up to this. */
const MOST_FAILED = 1_000

/**
 * Everything that `GET /metrics` tells. What cannot be read is left out, as is what nobody knows for sure:
 * what one isolate has seen is no total.
 */
export async function metricFamilies(runtime: Runtime, call: Call): Promise<Family[]> {
  const ids = [...runtime.plans.keys()]
  const [totals, backlog, failed] = await Promise.all([
    Promise.all(ids.map((id) => orNull(runtime.metrics.totals(id)))),
    orNull(runtime.backlog()),
    orNull(failedObjects(runtime)),
  ])
  const known = ids.flatMap((id, i): [string, MetricTotals][] => {
    const value = totals[i]
    return value ? [[id, value]] : []
  })
  return [
    ...useCaseFamilies(known),
    ...backlogFamilies(backlog, runtime.clock.nowMs()),
    gauge(
      'edgewheel_failed_objects',
      `Objects in failed/ that wait for a redrive, at most ${MOST_FAILED}.`,
      failed === null ? [] : [{ labels: {}, value: failed }],
    ),
    pageFamily(runtime, call),
  ]
}

function useCaseFamilies(known: readonly [string, MetricTotals][]): Family[] {
  const groups = known.flatMap(([useCase, { groups }]) =>
    groups.map((total) => ({
      total,
      labels: { use_case: useCase, variant: total.variant, model: total.model ?? 'prior' },
    })),
  )
  const perGroup = (value: (total: MetricTotals['groups'][number]) => number) =>
    groups.map(({ total, labels }) => ({ labels, value: value(total) }))
  const perOutcome = (value: 'counted' | 'takenBack') =>
    groups.flatMap(({ total, labels }) =>
      total.outcomes.map((one) => ({
        labels: { ...labels, outcome: one.name },
        value: one[value],
      })),
    )
  const perUseCase = (value: (totals: MetricTotals) => number) =>
    known.map(([useCase, totals]) => ({ labels: { use_case: useCase }, value: value(totals) }))
  return [
    counter(
      'edgewheel_decisions',
      'Decisions logged.',
      perGroup((total) => total.decisions),
    ),
    counter(
      'edgewheel_served_items',
      'Items on their pages.',
      perGroup((total) => total.served),
    ),
    counter(
      'edgewheel_impressions',
      'Items that came into view.',
      perGroup((total) => total.impressions),
    ),
    counter(
      'edgewheel_impressions_retracted',
      'Of them, those that were taken back.',
      perGroup((total) => total.impressionsTakenBack),
    ),
    counter('edgewheel_outcomes', 'Outcomes of decisions, by name.', perOutcome('counted')),
    counter(
      'edgewheel_outcomes_retracted',
      'Of them, those that were taken back.',
      perOutcome('takenBack'),
    ),
    counter(
      'edgewheel_late',
      'Decisions and events that came after their keys were forgotten, and were not counted.',
      perUseCase(({ late }) => late),
    ),
    counter(
      'edgewheel_unplaced_events_dropped',
      'Events of decisions that nobody knew, beyond the room for them.',
      perUseCase(({ dropped }) => dropped),
    ),
    gauge(
      'edgewheel_unplaced_events',
      'Events whose decision is not known yet.',
      perUseCase(({ pending }) => pending),
    ),
  ]
}

function backlogFamilies(backlog: OutboxState | null, nowMs: number): Family[] {
  if (backlog === null) return []
  const one = (value: number) => [{ labels: {}, value }]
  const { messages, bytes, lost, oldestMs } = backlog
  return [
    gauge(
      'edgewheel_outbox_messages',
      'Messages that the queue refused and that wait.',
      one(messages),
    ),
    gauge('edgewheel_outbox_bytes', 'Their size.', one(bytes), 'bytes'),
    gauge(
      'edgewheel_outbox_oldest_age_seconds',
      'How long the oldest of them has waited; 0: none waits.',
      one(oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs) / 1_000),
      'seconds',
    ),
    counter(
      'edgewheel_lost_messages',
      'Messages that could be kept nowhere, as far as their isolates lived to tell.',
      one(lost),
    ),
  ]
}

function pageFamily({ entities, tables, clock }: Runtime, { waitUntil }: Call): Family {
  const samples = [...entities.values()].flatMap((entity) => {
    const table = entity.layout === 'paged' ? tables.peek(entity, waitUntil)?.value : null
    if (!table) return []
    const value = Math.max(0, clock.nowMs() - table.asOfMs) / 1_000
    return [{ labels: { entity: entity.name }, value }]
  })
  const help = 'Age of the page that this isolate decides with.'
  return gauge('edgewheel_page_age_seconds', help, samples, 'seconds')
}

async function failedObjects({ lake, clock }: Runtime): Promise<number> {
  const query = { date: null, after: null, beforeMs: clock.nowMs(), limit: MOST_FAILED }
  return (await listFailed(lake, query)).keys.length
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: 'counter', help, samples }
}

function gauge(
  name: string,
  help: string,
  samples: readonly Sample[],
  unit?: Family['unit'],
): Family {
  return { name, type: 'gauge', help, samples, ...(unit ? { unit } : {}) }
}

async function orNull<T>(value: Promise<T>): Promise<T | null> {
  try {
    return await value
  } catch (error) {
    console.error('a metric could not be read:', error)
    return null
  }
}
