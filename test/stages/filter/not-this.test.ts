import { expect, it } from 'vitest'
import { notThis } from '../../../stages/filter/not-this.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { keptBy } from '../../fixtures/stages.ts'

const items = tableFrom(['a', 'b'].map((id) => ({ id })))

it('drops the film that the page is about', async () => {
  expect(await keptBy(notThis, { items, page: 'a' })).toEqual(['b'])
})

it('keeps everything where the page is about no film, or one that nobody knows', async () => {
  expect(await keptBy(notThis, { items })).toEqual(['a', 'b'])
  expect(await keptBy(notThis, { items, page: 'nope' })).toEqual(['a', 'b'])
})
