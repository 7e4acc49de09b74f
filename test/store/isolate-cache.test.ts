import { describe, expect, it } from 'vitest'
import { never, one, setup, source } from './cache-fixture.ts'

describe('isolateCache, cold', () => {
  it('waits for the first value and then answers without waiting', async () => {
    const { read, peek } = setup()
    const { spec, calls } = source(one)
    expect(peek(spec)).toBe(null)
    expect(await read(spec)).toMatchObject({ value: 1, state: 'fresh', ageMs: 0, waitedMs: 0 })
    expect(peek(spec)).toMatchObject({ value: 1, state: 'fresh' })
    expect(calls()).toBe(1)
  })

  it('answers within the wait of the caller where the store hangs', async () => {
    const { read } = setup()
    const answer = await read(source(never).spec, 800)
    expect(answer).toMatchObject({ value: null, state: 'cold', waitedMs: 800 })
  })

  it('answers within the wait where the store fails every call, and asks it again later', async () => {
    const { read, clock } = setup()
    const { spec, calls } = source(() => Promise.reject(new Error('503')))
    expect(await read(spec)).toMatchObject({ value: null, state: 'failed', waitedMs: 0 })
    expect(await read(spec)).toMatchObject({ value: null, state: 'failed', waitedMs: 0 })
    expect(calls()).toBe(1)
    await clock.advance(250)
    expect((await read(spec)).error).toEqual(new Error('503'))
    expect(calls()).toBe(2)
  })

  it('backs off from a store that fails, up to half a minute', async () => {
    const { read, clock } = setup()
    const { spec, calls } = source(() => Promise.reject(new Error('503')))
    for (let s = 0; s < 600; s++) {
      await read(spec)
      await clock.advance(100)
    }
    expect(calls()).toBeLessThan(10)
    await clock.advance(600_000)
    await read(spec)
    await clock.advance(30_001)
    const before = calls()
    await read(spec)
    expect(calls()).toBe(before + 1)
  })

  it('keeps the result of a load that its caller no longer waits for', async () => {
    const { read, peek, clock } = setup()
    const { spec } = source(async () => {
      await clock.sleep(900, new AbortController().signal)
      return { value: 7, bytes: 1 }
    })
    expect(await read(spec, 100)).toMatchObject({ value: null, state: 'cold', waitedMs: 100 })
    await clock.advance(800)
    expect(peek(spec)).toMatchObject({ value: 7, state: 'fresh' })
  })

  it('does not hang on the load of a request that died', async () => {
    const { read } = setup()
    const { spec } = source((call) => (call === 1 ? never() : one(call)))
    void read(spec, 0)
    expect(await read(spec)).toMatchObject({ value: 2, state: 'fresh', waitedMs: 250 })
  })

  it('lets callers that come at once share what one of them loads', async () => {
    const { read, clock } = setup()
    const { spec, calls } = source(async (call) => {
      await clock.sleep(100, new AbortController().signal)
      return one(call)
    })
    const answers = await Promise.all(Array.from({ length: 20 }, () => read(spec)))
    expect(answers.map(({ value }) => value)).toEqual(new Array(20).fill(1))
    expect(calls()).toBe(1)
  })

  it('does not remember that there is nothing for more than a second', async () => {
    const { read, clock } = setup()
    const { spec, calls } = source(async (call) => (call < 3 ? null : one(call)))
    expect(await read(spec)).toMatchObject({ value: null, state: 'cold', error: null, waitedMs: 0 })
    await clock.advance(999)
    expect((await read(spec)).value).toBe(null)
    expect(calls()).toBe(1)
    await clock.advance(1)
    await read(spec)
    await clock.advance(1_000)
    expect((await read(spec)).value).toBe(3)
  })

  it('takes a load that throws at once for one that fails', async () => {
    const { read } = setup()
    const { spec } = source(() => {
      throw new Error('no binding')
    })
    expect(await read(spec)).toMatchObject({ state: 'failed', error: new Error('no binding') })
  })
})

describe('isolateCache, warm', () => {
  it('answers with the old value while it asks for a new one', async () => {
    const { read, peek, clock, background } = setup()
    const { spec } = source(one)
    await read(spec)
    await clock.advance(30_001)
    expect(peek(spec)).toMatchObject({ value: 1, state: 'stale', ageMs: 30_001 })
    await Promise.all(background)
    expect(peek(spec)).toMatchObject({ value: 2, state: 'fresh', ageMs: 0 })
  })

  it('asks once, however many callers find the value due', async () => {
    const { read, peek, clock } = setup()
    const { spec, calls } = source((call) => (call === 1 ? one(call) : never()))
    await read(spec)
    await clock.advance(30_000)
    for (let i = 0; i < 50; i++) peek(spec)
    expect(calls()).toBe(2)
  })

  it('asks again ten seconds after a refresh whose request died', async () => {
    const { read, peek, clock } = setup()
    const { spec, calls } = source((call) => (call === 2 ? never() : one(call)))
    await read(spec)
    await clock.advance(30_000)
    peek(spec)
    await clock.advance(9_999)
    peek(spec)
    expect(calls()).toBe(2)
    await clock.advance(1)
    peek(spec)
    await clock.advance(0)
    expect(peek(spec)).toMatchObject({ value: 3, state: 'fresh' })
  })

  it('spreads refreshes over the last fifth of the interval', async () => {
    for (const [random, due] of [
      [0, 24_000],
      [0.5, 27_000],
    ]) {
      const { read, peek, clock } = setup({ random: () => random })
      const { spec, calls } = source(one)
      await read(spec)
      await clock.advance(due - 1)
      peek(spec)
      expect(calls()).toBe(1)
      await clock.advance(1)
      peek(spec)
      expect(calls()).toBe(2)
    }
  })

  it('keeps the last good value when a refresh fails, and tries again sooner than the interval', async () => {
    const { read, peek, clock } = setup()
    const { spec, calls } = source((call) =>
      call === 2 ? Promise.reject(new Error('x')) : one(call),
    )
    await read(spec)
    await clock.advance(30_000)
    peek(spec)
    await clock.advance(1)
    expect(peek(spec)).toMatchObject({ value: 1, state: 'stale', error: new Error('x') })
    expect(calls()).toBe(2)
    await clock.advance(250)
    peek(spec)
    await clock.advance(0)
    expect(peek(spec)).toMatchObject({ value: 3, state: 'fresh', error: null })
  })

  it('keeps a value that the store has lost', async () => {
    const { read, peek, clock } = setup()
    const { spec } = source(async (call) => (call === 1 ? one(call) : null))
    await read(spec)
    await clock.advance(30_000)
    peek(spec)
    await clock.advance(1)
    expect(peek(spec)).toMatchObject({ value: 1, state: 'stale' })
  })

  it('lets callers wait for a new value once it is older than five minutes, and serves the old one if none comes', async () => {
    const { read, peek, clock } = setup()
    let answers = false
    const { spec } = source((call) => (call === 1 || answers ? one(call) : never()))
    await read(spec)
    await clock.advance(300_000)
    expect(peek(spec)).toMatchObject({ state: 'stale' })
    await clock.advance(10_001)
    expect(peek(spec)).toBe(null)
    expect(await read(spec, 800)).toMatchObject({ value: 1, state: 'cold', waitedMs: 800 })
    answers = true
    expect(await read(spec, 800)).toMatchObject({ state: 'fresh', waitedMs: 0 })
  })

  it('does not let callers wait again and again for a store that is down', async () => {
    const { read, clock } = setup()
    const { spec } = source((call) => (call === 1 ? one(call) : Promise.reject(new Error('x'))))
    await read(spec)
    await clock.advance(400_000)
    expect(await read(spec)).toMatchObject({ value: 1, state: 'failed', waitedMs: 0 })
    expect(await read(spec)).toMatchObject({ value: 1, state: 'failed', waitedMs: 0 })
  })

  it('does not let a slow load replace what a later one brought', async () => {
    const { read, peek, clock } = setup()
    const { spec } = source(async (call) => {
      if (call === 1) await clock.sleep(600, new AbortController().signal)
      return one(call)
    })
    void read(spec, 0)
    expect((await read(spec)).value).toBe(2)
    await clock.advance(1_000)
    expect(peek(spec)).toMatchObject({ value: 2 })
  })

  it('offers a load the value held now, which may stay', async () => {
    const { read, peek, clock } = setup()
    const { spec } = source(async (call, previous) => ({ value: previous ?? call, bytes: 100 }))
    await read(spec)
    await clock.advance(30_000)
    peek(spec)
    await clock.advance(1)
    expect(peek(spec)).toMatchObject({ value: 1, state: 'fresh' })
  })
})

describe('isolateCache, budget', () => {
  const sized = (bytes: number) => source(async (call) => ({ value: call, bytes })).spec

  it('lets the least recently used value go when the budget is full', async () => {
    const { read, peek, cache } = setup({ budgetBytes: 1_000 })
    await read(sized(400), 800, 'a')
    await read(sized(400), 800, 'b')
    peek(sized(400), 'a')
    await read(sized(400), 800, 'c')
    expect(cache.bytes).toBe(800)
    expect(peek(sized(400), 'a')).not.toBe(null)
    expect(peek(sized(400), 'b')).toBe(null)
    expect(peek(sized(400), 'c')).not.toBe(null)
  })

  it('refuses a value larger than the whole budget, and keeps the last good one', async () => {
    const { read, peek, cache, clock } = setup({ budgetBytes: 1_000 })
    const { spec } = source(async (call) => ({ value: call, bytes: call === 1 ? 900 : 1_001 }))
    expect((await read(sized(1_001), 800, 'large')).error).toEqual(
      new RangeError('large: 1001 bytes do not fit the budget of 1000 for all that is cached'),
    )
    await read(spec)
    await clock.advance(30_000)
    peek(spec)
    await clock.advance(1)
    expect(peek(spec)).toMatchObject({ value: 1, state: 'stale' })
    expect(cache.bytes).toBe(900)
  })

  it('never holds more than the budget, whatever comes and goes', async () => {
    const { read, cache, clock } = setup({ budgetBytes: 1_000 })
    for (let i = 0; i < 300; i++) {
      await read(sized((i * 377) % 1_100), 800, `k${(i * 7) % 13}`)
      await clock.advance(400_000 * (i % 2))
      expect(cache.bytes).toBeLessThanOrEqual(1_000)
    }
  })

  it('forgets keys that hold nothing before they add up', async () => {
    const { read, cache } = setup()
    for (let i = 0; i < 3_000; i++) await read(source(async () => null).spec, 0, `k${i}`)
    expect(cache.size).toBe(1_024)
  })
})
