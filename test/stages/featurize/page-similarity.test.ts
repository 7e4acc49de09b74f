import { expect, it } from 'vitest'
import { pageSimilarity } from '../../../stages/featurize/page-similarity.ts'
import { popular } from '../../../stages/generate/popular.ts'
import { similar } from '../../../stages/generate/similar.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('is the retrieval score of `similar`', async () => {
  const values = await featureOf(pageSimilarity, { generate: [similar, popular], page: 'f10' })
  expect(values.get('f11')).toEqual({ value: 0.5, status: 'present' })
  expect(values.get('f12')).toEqual({ value: 0.25, status: 'present' })
})

it('is missing for what another source drew', async () => {
  const values = await featureOf(pageSimilarity, { generate: [similar, popular], page: 'f10' })
  expect(values.get('f0')).toEqual({ value: 0, status: 'missing' })
})
