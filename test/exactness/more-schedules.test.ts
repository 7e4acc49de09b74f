import { describe, vi } from 'vitest'
import { testSchedules } from './run-schedules.ts'

vi.mock('cloudflare:workers', () => import('./workers-module.ts'))

describe('more schedules', () => {
  testSchedules(1_000, 100, 20_000)
})
