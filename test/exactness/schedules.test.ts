import { describe, vi } from 'vitest'
import { testSchedules } from './run-schedules.ts'

vi.mock('cloudflare:workers', () => import('./workers-module.ts'))

describe('the first schedules', () => {
  testSchedules(0, 100, 20_000)
})
