import { expect, it } from 'vitest'
import { pageYearGap } from '../../../stages/featurize/page-year-gap.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

it('is the decades between the film and the page’s film, either way', async () => {
  const values = await featureOf(pageYearGap, { page: 'f20' })
  expect(values.get('f25')?.value).toBe(0.5)
  expect(values.get('f15')?.value).toBe(0.5)
  expect(values.get('f20')?.value).toBe(0)
})

it('falls back to one decade where either year is unknown', async () => {
  const items = pair({ year: 1990 })
  const values = await featureOf(pageYearGap, { items, page: 'whole' })
  expect(values.get('bare')).toEqual({ value: 1, status: 'missing' })
  const lost = await featureOf(pageYearGap, { items, page: 'bare' })
  expect(lost.get('whole')).toEqual({ value: 1, status: 'missing' })
})
