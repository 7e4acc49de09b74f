import { expect, it } from 'vitest'
import { tasteMatches } from '../../../stages/generate/taste-matches.ts'
import { did, tableFrom } from '../../fixtures/catalogue.ts'
import { drawnBy } from '../../fixtures/stages.ts'

it('draws the most liked films of the genres that the visitor liked', async () => {
  const { ids } = await drawnBy(tasteMatches, { user: { batch_recent_items: ['f2', 'f5'] } })
  expect(ids.slice(0, 4)).toEqual(['f2', 'f5', 'f8', 'f11'])
})

it('follows the clicks of a guest', async () => {
  const { ids } = await drawnBy(tasteMatches, { recent: [did('click', 'f1')] })
  expect(ids.slice(0, 2)).toEqual(['f1', 'f4'])
})

it('is skipped for a guest who has done nothing', async () => {
  expect((await drawnBy(tasteMatches)).state).toBe('skipped')
})

it('draws nothing for a known user whose taste is unknown', async () => {
  expect(await drawnBy(tasteMatches, { user: {} })).toEqual({ ids: [], scores: [], state: 'ok' })
})

it('counts a film that nobody rated as liked by none', async () => {
  const items = tableFrom([
    { id: 'unrated', attributes: { genres: ['Drama'] } },
    { id: 'liked', attributes: { genres: ['Drama'], batch_positives: 5 } },
    { id: 'loved', attributes: { genres: ['Drama'], batch_positives: 50 } },
    { id: 'other', attributes: { genres: ['Horror'], batch_positives: 50 } },
  ])
  const { ids } = await drawnBy(tasteMatches, { items, recent: [did('click', 'liked')] })
  expect(ids.slice(0, 2)).toEqual(['loved', 'liked'])
})
