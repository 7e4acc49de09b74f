import { expect, it } from 'vitest'
import { history } from '../../../stages/derive/history.ts'
import { did } from '../../fixtures/catalogue.ts'
import { derivedFrom, FILMS } from '../../fixtures/stages.ts'

const liked = async (given: Parameters<typeof derivedFrom>[1]) =>
  (await derivedFrom(history, given)).map(({ slot }) => FILMS.ids[slot])

it('lists this session’s likes before those on record, each film once', async () => {
  expect(
    await liked({
      user: { batch_recent_items: ['f3', 'f1'] },
      recent: [did('click', 'f2'), did('click', 'f1')],
    }),
  ).toEqual(['f2', 'f1', 'f3'])
})

it('takes a rating of 4 and more for a like, and nothing else but a click', async () => {
  const recent = [
    did('rate', 'f1', 4),
    did('rate', 'f2', 3.5),
    did('rate', 'f3'),
    did('dismiss', 'f4'),
    did('impression', 'f5'),
  ]
  expect(await liked({ recent })).toEqual(['f1'])
})

it('leaves films out that the catalogue does not hold', async () => {
  expect(await liked({ user: { batch_recent_items: ['gone', 'f7'] } })).toEqual(['f7'])
})

it('lets each step into the past count less, and the session more than the record', async () => {
  const both = await derivedFrom(history, {
    user: { batch_recent_items: ['f2', 'f3'] },
    recent: [did('click', 'f1')],
  })
  const [session, first, second] = both.map(({ weight }) => weight)
  expect(session).toBeGreaterThan(first)
  expect(first).toBeGreaterThan(second)
  expect(second).toBeGreaterThan(0)
})

it('is empty for a guest who has done nothing', async () => {
  expect(await liked({})).toEqual([])
})
