/** When the list prices below were read; on Workers Paid, beyond what the plan includes. */
export const PRICES_OF = '2026-11'

/** What is billed, and in which unit. */
export const UNITS = {
  request: 'Worker requests (with consumer and cron calls)',
  cpuMs: 'Worker CPU, ms',
  kvRead: 'KV reads',
  kvWrite: 'KV writes and deletes',
  queue: 'queue messages, by 64 KB',
  objectRequest: 'object requests and alarms',
  objectGbS: 'object duration, GB-s',
  rowRead: 'object rows read',
  rowWritten: 'object rows written (and alarms set)',
  r2Put: 'R2 puts and lists (class A)',
  r2Get: 'R2 gets (class B)',
} as const

/** A unit that is billed. */
export type Unit = keyof typeof UNITS

/** Dollars a million. A message is written, read and deleted: three operations of $0.40. */
export const PRICES: Readonly<Record<Unit, number>> = {
  request: 0.3,
  cpuMs: 0.02,
  kvRead: 0.5,
  kvWrite: 5,
  queue: 1.2,
  objectRequest: 0.15,
  objectGbS: 12.5,
  rowRead: 0.001,
  rowWritten: 1,
  r2Put: 4.5,
  r2Get: 0.36,
}

/** Dollars a GB and month. */
export const STORAGE_PRICES = { r2: 0.015, objects: 0.2 } as const

/** What the plan costs a month, used or not. */
export const PLAN = 5
