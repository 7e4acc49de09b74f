import type { OutcomeEvent } from '../core/event-envelope.ts'
import type { Row } from './lake-parquet.ts'
import {
  type CountedEvent,
  countedDecision,
  countedEvent,
  type MetricChanges,
  type MetricDefinitions,
} from './metric-changes.ts'
import type { MetricLines, MetricQuery } from './metric-groups.ts'
import type { MetricsRpc, MetricTotals } from './metrics.ts'
import { eachOf } from './record-owners.ts'

/** The way to the objects that count, one per use case. */
export interface MetricsClient {
  /**
   * Counts rows of decisions, and events. Rejects if one object failed: then bring all of them again, what
   * was counted counts once.
   */
  count(decisions: readonly Row[], events: readonly OutcomeEvent[]): Promise<void>
  read(useCase: string, query: MetricQuery): Promise<MetricLines>
  totals(useCase: string): Promise<MetricTotals>
}

/** What a client stands on; `useCases` are all that may have made a decision. */
export interface MetricsClientOptions extends MetricDefinitions {
  readonly namespace: DurableObjectNamespace<MetricsRpc>
  readonly useCases: readonly string[]
}

/** A client of the Metrics objects behind `namespace`. */
export function metricsClient(options: MetricsClientOptions): MetricsClient {
  const { namespace, useCases } = options
  return {
    async count(decisions, events) {
      const { byUseCase, homeless } = changesOf(options, decisions, events)
      const names =
        homeless.length > 0 ? new Set([...byUseCase.keys(), ...useCases]) : byUseCase.keys()
      let unknown = new Set(homeless.keys())
      await eachOf([...names], async (useCase) => {
        const { decisions, events } = byUseCase.get(useCase) ?? NOTHING
        const all = [...events, ...homeless]
        const here = await namespace.getByName(useCase).count({ decisions, events: all }, false)
        unknown = unknown.intersection(new Set(here.map((index) => index - events.length)))
      })
      if (unknown.size === 0) return
      // Their decision is not written yet, or nobody's: it may come to any of them.
      const held = { decisions: [], events: [...unknown].map((index) => homeless[index]) }
      await eachOf(useCases, (useCase) => namespace.getByName(useCase).count(held, true))
    },
    read: async (useCase, query) => namespace.getByName(useCase).read(query),
    totals: async (useCase) => namespace.getByName(useCase).totals(),
  }
}

const NOTHING: MetricChanges = { decisions: [], events: [] }

/** What a batch changes, by use case; and the events that name a decision, and no use case. */
function changesOf(
  definitions: MetricDefinitions,
  decisions: readonly Row[],
  events: readonly OutcomeEvent[],
) {
  type Changes = { [K in keyof MetricChanges]: MetricChanges[K][number][] }
  const byUseCase = new Map<string, Changes>()
  const changes = (useCase: string): Changes => {
    const known = byUseCase.get(useCase) ?? { decisions: [], events: [] }
    byUseCase.set(useCase, known)
    return known
  }
  const homeless: CountedEvent[] = []
  for (const row of decisions) changes(row.use_case as string).decisions.push(countedDecision(row))
  for (const event of events) {
    const counted = countedEvent(definitions, event)
    if (!counted) continue
    if (counted.group === null || event.useCase === null) homeless.push(counted)
    else changes(event.useCase).events.push(counted)
  }
  return { byUseCase, homeless }
}
