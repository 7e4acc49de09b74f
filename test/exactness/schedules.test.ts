import { describe, vi } from 'vitest'
import { testSchedules } from './run-schedules.ts'

vi.mock('cloudflare:workers', () => import('./workers-module.ts'))

describe('the first half of the schedules', () => {
  testSchedules(0, 1_000, 250_000)
})
