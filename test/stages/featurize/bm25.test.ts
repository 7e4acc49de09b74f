import { expect, it } from 'vitest'
import { bm25 } from '../../../stages/featurize/bm25.ts'
import { requested } from '../../../stages/generate/requested.ts'
import { featureOf } from '../../fixtures/stages.ts'

const asked = (fields: Record<string, unknown>) =>
  featureOf(bm25, { generate: [requested], request: { candidates: [{ id: 'f1', fields }] } })

it('is what the caller sends with the candidate', async () => {
  expect((await asked({ bm25: 2.5 })).get('f1')).toEqual({ value: 2.5, status: 'present' })
})

it('falls back where it is not sent, or is no number', async () => {
  for (const fields of [{}, { bm25: '2.5' }, { bm25: Number.NaN }, { bm25: 1e300 }])
    expect((await asked(fields)).get('f1')).toEqual({ value: 0, status: 'missing' })
})

it('is what the first of two equal candidates brings', async () => {
  const values = await featureOf(bm25, {
    generate: [requested],
    request: {
      candidates: [
        { id: 'x', fields: { bm25: 1 } },
        { id: 'x', fields: { bm25: 2 } },
      ],
    },
  })
  expect(values.get('x')?.value).toBe(1)
})
