import { expect, it } from 'vitest'
import { userActivity } from '../../../stages/featurize/user-activity.ts'
import { FILMS, featureOf } from '../../fixtures/stages.ts'

it('is ln(1 + ratings of the visitor) for every candidate', async () => {
  const values = await featureOf(userActivity, { user: { batch_rating_count: 20 } })
  for (const cell of values.values())
    expect(cell).toEqual({ value: Math.fround(Math.log1p(20)), status: 'present' })
  expect(values.size).toBe(FILMS.live)
})

it('is missing for guests', async () => {
  expect((await featureOf(userActivity)).get('f0')).toEqual({ value: 0, status: 'missing' })
})
