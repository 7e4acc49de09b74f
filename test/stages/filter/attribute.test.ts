import { expect, it } from 'vitest'
import { attribute } from '../../../stages/filter/attribute.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { keptBy } from '../../fixtures/stages.ts'

const items = tableFrom([
  { id: 'old', attributes: { year: 1960, genres: ['Drama'] } },
  { id: 'new', attributes: { year: 2001, genres: ['Comedy', 'Drama'] } },
  { id: 'undated', attributes: { genres: [] } },
])

it('keeps films by a predicate on one attribute', async () => {
  const modern = attribute('modern', 'year', { onMissing: 'drop', keep: (year) => year >= 1990 })
  expect(await keptBy(modern, { items })).toEqual(['new'])
})

it('keeps a film without the attribute only where its author says so', async () => {
  const modern = attribute('modern', 'year', { onMissing: 'keep', keep: (year) => year >= 1990 })
  expect(await keptBy(modern, { items })).toEqual(['new', 'undated'])
})

it('reads lists too, of each film its own', async () => {
  const mixed = attribute('mixed', 'genres', {
    onMissing: 'drop',
    keep: (genres) => genres.length > 1,
  })
  expect(await keptBy(mixed, { items })).toEqual(['new'])
})
