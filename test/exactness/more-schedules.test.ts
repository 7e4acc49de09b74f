import { describe, vi } from 'vitest'
import { testSchedules } from './run-schedules.ts'

vi.mock('cloudflare:workers', () => import('./workers-module.ts'))

describe('the second half of the schedules', () => {
  testSchedules(1_000, 1_000, 250_000)
})
