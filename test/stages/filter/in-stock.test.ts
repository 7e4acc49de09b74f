import { expect, it } from 'vitest'
import { inStock } from '../../../stages/filter/in-stock.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { keptBy } from '../../fixtures/stages.ts'

it('drops what is not available and keeps what nobody spoke of', async () => {
  const items = tableFrom([
    { id: 'yes', attributes: { available: true } },
    { id: 'no', attributes: { available: false } },
    { id: 'silent' },
    { id: 'null', attributes: { available: null } },
  ])
  expect(await keptBy(inStock, { items })).toEqual(['null', 'silent', 'yes'])
})
