import { category, context } from 'edgewheel'
import * as z from 'zod'

/** What the visitor holds: the request's `context.device`. */
export const device = category('device', {
  reads: { page: context({ device: z.enum(['phone', 'tablet', 'desk', 'tv']) }) },
  fallback: [],
  compute: ({ page }) => page.device,
})
