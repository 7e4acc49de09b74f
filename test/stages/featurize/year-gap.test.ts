import { expect, it } from 'vitest'
import { yearGap } from '../../../stages/featurize/year-gap.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

it('is the decades between the film and the films that the visitor liked', async () => {
  const values = await featureOf(yearGap, { user: { batch_recent_items: ['f20'] } })
  expect(values.get('f20')?.value).toBe(0)
  expect(values.get('f40')?.value).toBe(2)
  expect(values.get('f10')?.value).toBe(1)
})

it('leaves liked films without a year out', async () => {
  const items = tableFrom([
    { id: 'dated', attributes: { year: 1990 } },
    { id: 'undated' },
    { id: 'other', attributes: { year: 2000 } },
  ])
  const values = await featureOf(yearGap, {
    items,
    user: { batch_recent_items: ['undated', 'dated'] },
  })
  expect(values.get('other')).toEqual({ value: 1, status: 'present' })
})

it('is missing for guests, and where the film has no year', async () => {
  expect((await featureOf(yearGap)).get('f0')).toEqual({ value: 0, status: 'missing' })
  const items = pair({ year: 1990 })
  const values = await featureOf(yearGap, { items, user: { batch_recent_items: ['whole'] } })
  expect(values.get('bare')).toEqual({ value: 0, status: 'missing' })
})
