import { expect, it } from 'vitest'
import { memoryStore } from '../../src/store/memory.ts'
import { featureStoreConformance } from './feature-store-conformance.ts'

featureStoreConformance('memory', () => memoryStore())

it('forgets a value when its time to live has passed on the given clock', async () => {
  let now = 1_000
  const store = memoryStore({ nowMs: () => now })
  await store.put([{ key: 'a', value: Uint8Array.of(1), ttlS: 2 }])
  now = 2_999
  expect(await store.get(['a'])).toEqual([Uint8Array.of(1)])
  now = 3_000
  expect(await store.get(['a'])).toEqual([null])
})

it('keeps a value that is put again without a time to live', async () => {
  let now = 0
  const store = memoryStore({ nowMs: () => now })
  await store.put([{ key: 'a', value: Uint8Array.of(1), ttlS: 1 }])
  await store.put([{ key: 'a', value: Uint8Array.of(2) }])
  now = 1e9
  expect(await store.get(['a'])).toEqual([Uint8Array.of(2)])
})
