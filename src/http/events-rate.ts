import type { TakenEvent } from './events-read.ts'
import { networkOf, type RateLimiter } from './rate-limit.ts'

/**
 * Marks events over the cap per user and network: they are kept and do not count. The verdict is stored
 * with the event, so that a rebuild agrees. Where the limiter fails, events count.
 */
export async function capped(
  limiter: RateLimiter,
  request: Request,
  events: readonly TakenEvent[],
): Promise<readonly TakenEvent[]> {
  const network = networkOf(request.headers.get('cf-connecting-ip') ?? '')
  const isWithin = async ({ outcomes: [{ user }] }: TakenEvent): Promise<boolean> => {
    try {
      return (await limiter.limit({ key: `${user ?? 'guest'}:${network}` })).success
    } catch (error) {
      console.error('the limiter of events failed:', error)
      return true
    }
  }
  return Promise.all(
    events.map(async (event) => {
      const { outcomes } = event
      const counts = outcomes.some(({ trust }) => trust === 'counted')
      if (!counts || (await isWithin(event))) return event
      const over = { trust: 'over_rate', voucher: null } as const
      return {
        ...event,
        outcomes: outcomes.map((one) => (one.trust === 'counted' ? { ...one, ...over } : one)),
      }
    }),
  )
}
