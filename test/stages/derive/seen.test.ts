import { expect, it } from 'vitest'
import { seen } from '../../../stages/derive/seen.ts'
import { did } from '../../fixtures/catalogue.ts'
import { derivedFrom, FILMS } from '../../fixtures/stages.ts'

const slots = (...ids: string[]) => new Set(ids.map((id) => FILMS.slotOf(id)))

it('joins what is on record with what was done in this session', async () => {
  const recent = [did('click', 'f2'), did('dismiss', 'f3')]
  expect(await derivedFrom(seen, { user: { batch_seen: ['f1', 'f2'] }, recent })).toEqual(
    slots('f1', 'f2', 'f3'),
  )
})

it('holds neither what was only shown nor what the catalogue does not hold', async () => {
  const given = { user: { batch_seen: ['gone'] }, recent: [did('impression', 'f1')] }
  expect(await derivedFrom(seen, given)).toEqual(new Set())
})

it('is empty for guests', async () => {
  expect(await derivedFrom(seen, {})).toEqual(new Set())
})
