import type { Eligibility } from './draw.ts'
import type { Plan } from './plan.ts'
import { compileFilter } from './request-filter.ts'
import type { DecideInput, SlateItem } from './run.ts'

/**
 * Ids the owner vouches for, where no candidate is left. With the store at hand they pass the filters
 * like all others; without it the chain's filters are waived, but `exclude` and the request's own filter
 * never are. What a catalogue that is there does not hold was removed from it and is not served.
 */
export function fallbackItems(
  plan: Plan,
  { request, items, trace }: DecideInput,
  eligibility: Eligibility,
): SlateItem[] {
  const blind = items === null || trace.degraded.some((reason) => reason.startsWith('store_'))
  if (plan.takesCandidates && !blind) return []
  const test = request.filter && items ? compileFilter(request.filter, items) : null
  const stocked = !plan.takesCandidates && items !== null && items.live > 0
  const vouched = request.candidates?.map(({ id }) => id) ?? plan.useCase.fallback
  const ids = [...new Set(vouched)].filter((id) => {
    if (stocked && items.slotOf(id) < 0) return false
    if (!blind) return eligibility.id(id)
    if (request.exclude.has(id)) return false
    return request.filter === undefined || (test?.(items?.slotOf(id) ?? -1) ?? false)
  })
  if (ids.length > 0) trace.degrade('fallback')
  return ids.slice(0, request.limit).map((id, i) => ({
    id,
    position: i + 1,
    score: null,
    propensity: 1,
    sources: ['fallback'],
    row: -1,
  }))
}
