import { expect, it } from 'vitest'
import { genreCount } from '../../../stages/featurize/genre-count.ts'
import { featureOf, pair } from '../../fixtures/stages.ts'

it('counts the genres of each film', async () => {
  const values = await featureOf(genreCount, { items: pair({ genres: ['Drama', 'Comedy'] }) })
  expect(values.get('whole')).toEqual({ value: Math.fround(2), status: 'present' })
})

it('falls back, and says so, where a film has none', async () => {
  const values = await featureOf(genreCount, { items: pair({ genres: ['Drama', 'Comedy'] }) })
  expect(values.get('bare')).toEqual({ value: 1, status: 'missing' })
})
