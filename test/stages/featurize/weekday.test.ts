import { expect, it } from 'vitest'
import { weekday } from '../../../stages/featurize/weekday.ts'
import { virtualClock } from '../../fixtures/clock.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('names the day of the decision in UTC', async () => {
  const on = async (day: number) => {
    const clock = virtualClock(Date.UTC(2026, 5, day, 0, 1))
    return (await featureOf(weekday, { clock })).get('f0')?.value
  }
  expect(await on(12)).toEqual(['friday'])
  expect(await on(14)).toEqual(['sunday'])
})
