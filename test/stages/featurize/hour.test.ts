import { expect, it } from 'vitest'
import { hour } from '../../../stages/featurize/hour.ts'
import { virtualClock } from '../../fixtures/clock.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('is the hour of the decision in UTC, the same for all candidates', async () => {
  const clock = virtualClock(Date.UTC(2026, 5, 12, 23, 59))
  const values = [...(await featureOf(hour, { clock })).values()]
  expect(new Set(values.map(({ value }) => value))).toEqual(new Set([23]))
  expect(new Set(values.map(({ status }) => status))).toEqual(new Set(['present']))
})
