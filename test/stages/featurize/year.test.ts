import { expect, it } from 'vitest'
import { year } from '../../../stages/featurize/year.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

it('is the year of release', async () => {
  const values = await featureOf(year, { items: pair({ year: 1987 }) })
  expect(values.get('whole')).toEqual({ value: Math.fround(1987), status: 'present' })
})

it('falls back, and says so, where a film has none', async () => {
  const values = await featureOf(year, { items: pair({ year: 1987 }) })
  expect(values.get('bare')).toEqual({ value: 1995, status: 'missing' })
})
