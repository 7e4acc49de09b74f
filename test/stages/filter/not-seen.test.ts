import { expect, it } from 'vitest'
import { notSeen } from '../../../stages/filter/not-seen.ts'
import { did, tableFrom } from '../../fixtures/catalogue.ts'
import { keptBy } from '../../fixtures/stages.ts'

const items = tableFrom(['a', 'b', 'c', 'd'].map((id) => ({ id })))

it('drops what the visitor has seen on record', async () => {
  expect(await keptBy(notSeen, { items, user: { batch_seen: ['a', 'c'] } })).toEqual(['b', 'd'])
})

it('drops what was clicked, rated or dismissed a moment ago, guests included', async () => {
  const recent = [did('click', 'a'), did('rate', 'b', 2), did('dismiss', 'c')]
  expect(await keptBy(notSeen, { items, recent })).toEqual(['d'])
})

it('keeps what was only shown', async () => {
  expect(await keptBy(notSeen, { items, recent: [did('impression', 'a')] })).toContain('a')
})

it('keeps everything for a visitor without a record', async () => {
  expect(await keptBy(notSeen, { items })).toEqual(['a', 'b', 'c', 'd'])
})

it('holds for a visitor who has seen thousands', async () => {
  const all = Array.from({ length: 6_000 }, (_, n) => ({ id: `x${n}` }))
  const kept = await keptBy(notSeen, {
    items: tableFrom(all),
    user: { batch_seen: all.slice(0, 5_995).map(({ id }) => id) },
  })
  expect(kept).toEqual(['x5995', 'x5996', 'x5997', 'x5998', 'x5999'])
})
