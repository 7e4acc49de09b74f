import { expect, it } from 'vitest'
import { genreOverlap } from '../../../stages/featurize/genre-overlap.ts'
import { did, tableFrom } from '../../fixtures/catalogue.ts'
import { featureOf } from '../../fixtures/stages.ts'

const items = tableFrom([
  { id: 'liked', attributes: { genres: ['Drama', 'Comedy'] } },
  { id: 'half', attributes: { genres: ['Drama'] } },
  { id: 'same', attributes: { genres: ['Comedy', 'Drama'] } },
  { id: 'other', attributes: { genres: ['Horror'] } },
  { id: 'bare' },
])

it('is the Jaccard overlap with the genres of the film liked last', async () => {
  const values = await featureOf(genreOverlap, { items, user: { batch_recent_items: ['liked'] } })
  const of = (id: string) => values.get(id)?.value
  expect([of('same'), of('half'), of('other')]).toEqual([1, 0.5, 0])
})

it('looks at this session before the record', async () => {
  const values = await featureOf(genreOverlap, {
    items,
    user: { batch_recent_items: ['liked'] },
    recent: [did('click', 'other')],
  })
  expect(values.get('other')?.value).toBe(1)
  expect(values.get('same')?.value).toBe(0)
})

it('is missing for guests, and for films whose genres are unknown', async () => {
  expect((await featureOf(genreOverlap, { items })).get('same')).toEqual({
    value: 0,
    status: 'missing',
  })
  const values = await featureOf(genreOverlap, { items, user: { batch_recent_items: ['liked'] } })
  expect(values.get('bare')).toEqual({ value: 0, status: 'missing' })
})
