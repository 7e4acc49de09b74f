import { expect, it } from 'vitest'
import { pageGenreMatches } from '../../../stages/generate/page-genre-matches.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { drawnBy } from '../../fixtures/stages.ts'

it('draws the most liked films of the page’s genres first', async () => {
  const { ids } = await drawnBy(pageGenreMatches, { page: 'f1' })
  expect(ids.slice(0, 3)).toEqual(['f1', 'f4', 'f7'])
})

it('is skipped where the page’s film is unknown', async () => {
  expect(await drawnBy(pageGenreMatches, { page: 'nope' })).toEqual({
    ids: [],
    scores: [],
    state: 'skipped',
  })
})

it('counts a film that nobody rated as liked by none', async () => {
  const items = tableFrom([
    { id: 'page', attributes: { genres: ['Drama'], batch_positives: 5 } },
    { id: 'unrated', attributes: { genres: ['Drama'] } },
    { id: 'rated', attributes: { genres: ['Drama'], batch_positives: 9 } },
    { id: 'other', attributes: { genres: ['Horror'], batch_positives: 90 } },
  ])
  const { ids, scores } = await drawnBy(pageGenreMatches, { items, page: 'page' })
  expect(ids).toEqual(['rated', 'page', 'unrated', 'other'])
  expect(scores.map((score) => score > 0)).toEqual([true, true, false, false])
})
