import { derive, recent } from 'edgewheel'
import { User } from '../entities.ts'

/** One liked film: its slot in the catalogue and how much it counts, newest first. */
export interface Liked {
  readonly slot: number
  readonly weight: number
  /** Liked in this session, and not only on record. */
  readonly session: boolean
}

/** How much less each step into the past counts. */
const FADE = 0.85
/** A click of this session says more about this page than one of last month. */
const SESSION_WEIGHT = 2

/** What the visitor liked: clicks and good ratings of this session, then those on record. */
export const history = derive('history', {
  reads: { recent, user: User.maybe('batch_recent_items') },
  compute: ({ recent, user }, { items }): readonly Liked[] => {
    const liked: Liked[] = []
    const taken = new Set<number>()
    let fade = 1
    const add = (id: string, weight: number, session: boolean): void => {
      const slot = items.slotOf(id)
      if (slot < 0 || taken.has(slot)) return
      taken.add(slot)
      liked.push({ slot, weight: weight * fade, session })
      fade *= FADE
    }
    for (const { type, item, value } of recent)
      if (type === 'click' || (type === 'rate' && (value ?? 0) >= 4))
        add(item, SESSION_WEIGHT, true)
    for (const id of user.batch_recent_items ?? []) add(id, 1, false)
    return liked
  },
})
