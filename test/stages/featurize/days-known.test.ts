import { expect, it } from 'vitest'
import { daysKnown } from '../../../stages/featurize/days-known.ts'
import { virtualClock } from '../../fixtures/clock.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

const DAY_MS = 86_400_000

it('is ln(1 + days since the first rating)', async () => {
  const clock = virtualClock()
  const items = pair({ first_rated_at: clock.nowMs() - 3 * DAY_MS })
  const values = await featureOf(daysKnown, { items, clock })
  expect(values.get('whole')).toEqual({ value: Math.fround(Math.log(4)), status: 'present' })
})

it('is 0 for a film that is first rated later, and falls back where none has rated it', async () => {
  const clock = virtualClock()
  const items = pair({ first_rated_at: clock.nowMs() + DAY_MS })
  const values = await featureOf(daysKnown, { items, clock })
  expect(values.get('whole')).toEqual({ value: 0, status: 'present' })
  expect(values.get('bare')).toEqual({ value: 0, status: 'missing' })
})
