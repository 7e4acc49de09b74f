import type * as z from 'zod'
import type { Issue } from '../core/request-filter.ts'

/** How many faults of one request are listed; the first ones tell the client enough. */
export const MAX_ISSUES = 20

/** A place in a request as text: `candidates[3].id`. Keys are cut to 64 characters. */
export function pathText(path: readonly PropertyKey[], prefix = ''): string {
  let text = prefix
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`
    else text += `${text === '' ? '' : '.'}${String(key).slice(0, 64)}`
  }
  return text
}

/** What a schema found wrong, an unknown key each on its own, at most {@link MAX_ISSUES}. */
export function issuesOf(error: z.ZodError, prefix = ''): Issue[] {
  const issues: Issue[] = []
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys)
        issues.push({ path: pathText([...issue.path, key], prefix), message: 'unknown key' })
    else issues.push({ path: pathText(issue.path, prefix), message: issue.message.slice(0, 200) })
    if (issues.length >= MAX_ISSUES) break
  }
  return issues.slice(0, MAX_ISSUES)
}
