import { defineEvent, outcome } from 'edgewheel'
import * as z from 'zod'

/** Films came into view. One event tells of a whole shelf. */
export const impression = defineEvent('impression', {
  owner: 'web-team',
  about: 'Films came into view.',
  once: true,
  many: 'items',
})

/** A film was opened. */
export const click = defineEvent('click', {
  owner: 'web-team',
  about: 'A film was opened.',
  once: true,
})

/** A film was rated with 0.5 to 5 stars. */
export const rate = defineEvent('rate', {
  owner: 'web-team',
  about: 'A film was rated with 0.5 to 5 stars.',
  value: z.number().min(0.5).max(5),
})

/** A film was waved away. */
export const dismiss = defineEvent('dismiss', {
  owner: 'web-team',
  about: 'A film was waved away.',
  once: true,
})

/** Every event that is accepted. A new one is one entry here. */
export const events = [impression, click, rate, dismiss]

/**
 * What a decision may lead to. A click or a dismissal answers the page in sight, so a day is ample; a film
 * is rated after it was watched, often at the next weekend, hence a week.
 */
export const outcomes = [
  outcome('click', 'click', { within: '1d' }),
  outcome('rate_up', 'rate', { when: ({ value }) => value >= 4, within: '7d' }),
  outcome('dismiss', 'dismiss', { within: '1d' }),
]
