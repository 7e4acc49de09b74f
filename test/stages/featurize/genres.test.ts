import { expect, it } from 'vitest'
import { genres } from '../../../stages/featurize/genres.ts'
import { tableFrom } from '../../fixtures/catalogue.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('gives all genres of a film in their order, and none where it lists none', async () => {
  const items = tableFrom([
    { id: 'two', attributes: { genres: ['Drama', 'Comedy'] } },
    { id: 'none', attributes: { genres: [] } },
    { id: 'unknown' },
  ])
  const values = await featureOf(genres, { items })
  expect(values.get('two')).toEqual({ value: ['Drama', 'Comedy'], status: 'present' })
  expect(values.get('none')).toEqual({ value: [], status: 'present' })
  expect(values.get('unknown')).toEqual({ value: [], status: 'missing' })
})
