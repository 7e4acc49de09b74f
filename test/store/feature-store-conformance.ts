import { describe, expect, it } from 'vitest'
import { type FeatureStore, StoreError } from '../../src/store/feature-store.ts'

/** Broken places for a driver to talk to; a driver that cannot break has none. */
export interface Faults {
  /** A store whose other end takes calls and never answers. */
  hanging(): FeatureStore
  /** A store whose other end refuses every call, and how many operations have reached it. */
  failing(): { readonly store: FeatureStore; operations(): number }
}

/** What every driver promises, see `FeatureStore`. `makeStore` may return the same store twice. */
export function featureStoreConformance(
  name: string,
  makeStore: () => FeatureStore,
  faults?: Faults,
): void {
  describe(`${name} as a feature store`, () => {
    it('says its name and how long its values may be held', () => {
      expect(makeStore().name).toMatch(/^[a-z]+$/)
      expect(makeStore().refreshMs).toBeGreaterThan(0)
    })

    it('answers in the order of the keys, with null for what is absent', async () => {
      const features = makeStore()
      await features.put([entry('order:a', [1]), entry('order:b', [2]), entry('order:c', [3])])
      const keys = ['order:c', 'order:none', 'order:a', 'order:b', 'order:a']
      expect(await features.get(keys)).toEqual([bytes(3), null, bytes(1), bytes(2), bytes(1)])
    })

    it('returns all 256 byte values as they were', async () => {
      const value = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      expect(await roundTrip(makeStore(), 'bytes:all', value)).toEqual(value)
    })

    it('returns bytes that are no UTF-8, look like JSON or look like base64 as they were', async () => {
      const values = [
        [0xff, 0xfe, 0xc3],
        [0xed, 0xa0, 0x80],
        text('12'),
        text('null'),
        text('T0s='),
      ]
      for (const [at, value] of values.entries()) {
        const wanted = Uint8Array.from(value)
        expect(await roundTrip(makeStore(), `bytes:${at}`, wanted)).toEqual(wanted)
      }
    })

    it('returns bytes whose base64 is a number or a word of JSON as they were', async () => {
      // 1234, 1e99, null and true.
      const values = [
        [215, 109, 248],
        [213, 239, 125],
        [158, 233, 101],
        [182, 187, 158],
      ]
      for (const [at, value] of values.entries()) {
        const wanted = Uint8Array.from(value)
        expect(await roundTrip(makeStore(), `json:${at}`, wanted)).toEqual(wanted)
      }
    })

    it('tells an empty value from an absent one', async () => {
      expect(await roundTrip(makeStore(), 'empty', bytes())).toEqual(bytes())
    })

    it('returns 1 MB as it was', async () => {
      const value = Uint8Array.from({ length: 1 << 20 }, (_, at) => (at * 31 + (at >> 8)) & 255)
      const answer = await roundTrip(makeStore(), 'large', value)
      expect(answer?.length).toBe(value.length)
      // `toEqual` walks a million elements.
      expect(answer?.every((byte, at) => byte === value[at])).toBe(true)
    })

    it('stores the part of a buffer that a view shows, and no more', async () => {
      const view = Uint8Array.from([9, 1, 2, 3, 9]).subarray(1, 4)
      expect(await roundTrip(makeStore(), 'view', view)).toEqual(bytes(1, 2, 3))
    })

    it('returns values that a typed array can be laid over', async () => {
      const floats = Float32Array.from([1.5, -0, Number.NaN])
      const value = await roundTrip(makeStore(), 'aligned', new Uint8Array(floats.buffer))
      expect(value?.byteOffset).toBe(0)
      expect(value?.buffer.byteLength).toBe(12)
      expect(new Float32Array(value!.buffer)).toEqual(floats)
    })

    it('keeps its value when the caller changes what was put or what was got', async () => {
      const features = makeStore()
      const given = bytes(1, 2)
      await features.put([{ key: 'own', value: given }])
      given[0] = 7
      const [first] = await features.get(['own'])
      first![1] = 7
      expect(await features.get(['own'])).toEqual([bytes(1, 2)])
    })

    it('replaces a value that is put again', async () => {
      await roundTrip(makeStore(), 'again', bytes(1, 1, 1))
      expect(await roundTrip(makeStore(), 'again', bytes(2))).toEqual(bytes(2))
    })

    it('forgets what is deleted and takes an absent key for deleted', async () => {
      const features = makeStore()
      await features.put([entry('gone:a', [1]), entry('gone:b', [2])])
      await features.delete(['gone:a', 'gone:never'])
      expect(await features.get(['gone:a', 'gone:b'])).toEqual([null, bytes(2)])
    })

    it('writes, reads and deletes 100 keys in one call each', async () => {
      const features = makeStore()
      const keys = Array.from({ length: 100 }, (_, at) => `many:${at}`)
      await features.put(keys.map((key, at) => entry(key, [at, 255 - at])))
      expect(await features.get(keys)).toEqual(keys.map((_, at) => bytes(at, 255 - at)))
      await features.delete(keys)
      expect(await features.get(keys)).toEqual(keys.map(() => null))
    })

    it('takes keys of 512 bytes, of every printable character, and names of Object.prototype', async () => {
      const features = makeStore()
      const printable = String.fromCharCode(...Array.from({ length: 94 }, (_, at) => 33 + at))
      const keys = ['k'.repeat(512), printable, '__proto__', 'constructor', '7']
      await features.put(keys.map((key, at) => entry(key, [at])))
      expect(await features.get(keys)).toEqual(keys.map((_, at) => bytes(at)))
    })

    it('takes a time to live, together with values that stay', async () => {
      const features = makeStore()
      await features.put([entry('ttl:a', [1]), { ...entry('ttl:b', [2]), ttlS: 90.5 }])
      expect(await features.get(['ttl:a', 'ttl:b'])).toEqual([bytes(1), bytes(2)])
    })

    it('takes empty lists', async () => {
      const features = makeStore()
      await features.put([])
      await features.delete([])
      expect(await features.get([])).toEqual([])
    })

    if (faults) failures(faults)
  })
}

function failures(faults: Faults): void {
  const calls: Record<string, (store: FeatureStore, timeoutMs?: number) => Promise<unknown>> = {
    get: (store, timeoutMs) => store.get(['k'], { timeoutMs }),
    put: (store, timeoutMs) => store.put([entry('k', [1])], { timeoutMs }),
    delete: (store, timeoutMs) => store.delete(['k'], { timeoutMs }),
  }
  for (const [method, call] of Object.entries(calls)) {
    it(`rejects a ${method} that gets no answer in time, and does not invent one`, async () => {
      const error = await call(faults.hanging(), 60).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(StoreError)
      expect(error).toMatchObject({ code: 'timeout' })
    })

    it(`rejects a ${method} that is refused, keeps the cause and does not try again`, async () => {
      const { store, operations } = faults.failing()
      const error = await call(store).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(StoreError)
      expect(error).toMatchObject({ code: 'unavailable', cause: expect.any(Error) })
      expect(operations()).toBe(1)
    })
  }

  it('gives each of two calls at once its own time', async () => {
    const store = faults.hanging()
    const ended: number[] = []
    const call = (timeoutMs: number) =>
      store.get(['k'], { timeoutMs }).catch(() => ended.push(timeoutMs))
    await Promise.all([call(200), call(40)])
    expect(ended).toEqual([40, 200])
  })
}

async function roundTrip(store: FeatureStore, key: string, value: Uint8Array) {
  await store.put([{ key, value }])
  const [answer] = await store.get([key])
  return answer
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

function entry(key: string, values: readonly number[]) {
  return { key, value: Uint8Array.from(values) }
}

function text(value: string): number[] {
  return [...new TextEncoder().encode(value)]
}
