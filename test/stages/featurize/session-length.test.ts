import { expect, it } from 'vitest'
import { sessionLength } from '../../../stages/featurize/session-length.ts'
import { did } from '../../fixtures/catalogue.ts'
import { featureOf } from '../../fixtures/stages.ts'

it('counts what was done in this session; a guest who has done nothing has 0', async () => {
  const recent = [did('click', 'f1'), did('impression', 'f2')]
  expect((await featureOf(sessionLength, { recent })).get('f0')?.value).toBe(2)
  expect((await featureOf(sessionLength)).get('f0')).toEqual({ value: 0, status: 'present' })
})
