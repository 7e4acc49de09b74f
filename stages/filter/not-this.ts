import { candidate, context, filter } from 'edgewheel'
import * as z from 'zod'

/** Leaves out the film that the page is about. */
export const notThis = filter('not_this', {
  reads: { page: context({ item: z.string() }), candidate },
  onMissing: 'keep',
  keep: ({ page, candidate }) => candidate.id !== page.item,
})
