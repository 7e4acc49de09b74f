import { expect, it } from 'vitest'
import { pageGenres } from '../../../stages/featurize/page-genres.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { featureOf } from '../../fixtures/stages.ts'

const items = tableFrom([
  { id: 'page', attributes: { genres: ['Drama', 'Comedy'] } },
  { id: 'same', attributes: { genres: ['Comedy', 'Drama'] } },
  { id: 'half', attributes: { genres: ['Drama'] } },
  { id: 'other', attributes: { genres: ['Horror'] } },
  { id: 'none', attributes: { genres: [] } },
  { id: 'unknown' },
])

it('is the Jaccard overlap of the genres with those of the page’s film', async () => {
  const values = await featureOf(pageGenres, { items, page: 'page' })
  const of = (id: string) => values.get(id)?.value
  expect([of('same'), of('half'), of('other'), of('none')]).toEqual([1, 0.5, 0, 0])
})

it('is 0, not NaN, between two films without genres', async () => {
  const values = await featureOf(pageGenres, { items, page: 'none' })
  expect(values.get('none')).toEqual({ value: 0, status: 'present' })
})

it('is missing where either film is unknown', async () => {
  const values = await featureOf(pageGenres, { items, page: 'page' })
  expect(values.get('unknown')).toEqual({ value: 0, status: 'missing' })
  const lost = await featureOf(pageGenres, { items, page: 'nope' })
  expect(lost.get('same')).toEqual({ value: 0, status: 'missing' })
})
