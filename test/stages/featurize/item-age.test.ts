import { expect, it } from 'vitest'
import { itemAge } from '../../../stages/featurize/item-age.ts'
import { virtualClock } from '../../fixtures/clock.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

const at = (year: number) => virtualClock(Date.UTC(year, 5, 1))

it('is the years since release at the time of the decision', async () => {
  const items = pair({ year: 1990 })
  expect((await featureOf(itemAge, { items, clock: at(2000) })).get('whole')?.value).toBe(10)
  expect((await featureOf(itemAge, { items, clock: at(2020) })).get('whole')?.value).toBe(30)
})

it('stays between 0 and 100', async () => {
  const clock = at(2000)
  const ahead = await featureOf(itemAge, { items: pair({ year: 2005 }), clock })
  expect(ahead.get('whole')?.value).toBe(0)
  const ancient = await featureOf(itemAge, { items: pair({ year: 1700 }), clock })
  expect(ancient.get('whole')?.value).toBe(100)
})

it('falls back to 20, and says so, where the year is unknown', async () => {
  const values = await featureOf(itemAge, { items: pair({ year: 1990 }) })
  expect(values.get('bare')).toEqual({ value: 20, status: 'missing' })
})
