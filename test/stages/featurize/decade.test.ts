import { expect, it } from 'vitest'
import { decade } from '../../../stages/featurize/decade.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('names the decade of release', async () => {
  const items = tableFrom([
    { id: 'a', attributes: { year: 1999 } },
    { id: 'b', attributes: { year: 2000 } },
    { id: 'c' },
  ])
  const values = await featureOf(decade, { items })
  expect(values.get('a')).toEqual({ value: ['1990s'], status: 'present' })
  expect(values.get('b')).toEqual({ value: ['2000s'], status: 'present' })
  expect(values.get('c')).toEqual({ value: [], status: 'missing' })
})
