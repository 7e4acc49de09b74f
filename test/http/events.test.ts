import { describe, expect, it, vi } from 'vitest'
import { NOW_MS } from './fixtures/runtime.ts'
import { click, eventsApp, pseudonym, receipt } from './fixtures/sent-events.ts'

describe('events', () => {
  it('are stored as they are understood, with what their receipt tells', async () => {
    const { storedOf } = eventsApp()
    const { status, accepted, rejected, notCounted, headers, event } = await storedOf(
      click({ receipt: receipt(), properties: { from: 'shelf' } }),
      { key: 'pk_now', headers: { 'cf-connecting-ip': '203.0.113.7', 'user-agent': 'Browser/7' } },
    )
    expect({ status, accepted, rejected, notCounted }).toEqual({
      ...{ status: 202, accepted: 1, rejected: [], notCounted: [] },
    })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(event).toEqual({
      id: 'e1',
      type: 'click',
      item: 'p1',
      user: pseudonym('u_1'),
      position: 1,
      value: null,
      eventTimeMs: NOW_MS - 1_000,
      receivedMs: NOW_MS,
      keyTimeMs: NOW_MS - 60_000,
      trust: 'counted',
      voucher: 'receipt',
      decisionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      useCase: 'shop-home',
      variant: 'control',
      model: 'shop-home@3',
      retracts: null,
      properties: { from: 'shelf' },
      consent: { personalize: true, train: true },
    })
    expect(JSON.stringify(event)).not.toMatch(/203\.0|Browser|u_1/)
  })

  it('of several items are one for each item, the first with a position where they repeat', async () => {
    const { storedOf } = eventsApp()
    const items = [
      { id: 'p2' },
      { id: 'p1', position: 4 },
      { id: 'p2', position: 7 },
      { id: 'p2', position: 8 },
    ]
    const { accepted, all } = await storedOf(
      click({ type: 'impression', item: undefined, items, receipt: receipt() }),
    )
    expect(accepted).toBe(1)
    expect(all.map(({ id, item, position }) => [id, item, position])).toEqual([
      ['e1', 'p2', 7],
      ['e1', 'p1', 4],
    ])
  })

  it('may name one item where several are possible, and stand where the receipt says', async () => {
    const { storedOf } = eventsApp()
    const one = click({ type: 'impression', item: 'p2', receipt: receipt() })
    expect((await storedOf(one)).event).toMatchObject({ item: 'p2', position: 2 })
    expect((await storedOf({ ...one, position: 9 })).event.position).toBe(9)
    expect((await storedOf({ ...one, item: 'p9' })).event.position).toBeNull()
  })

  it('may have a value, no item, or no user, as their type says', async () => {
    const { storedOf } = eventsApp()
    expect((await storedOf(click({ type: 'buy', value: 12.5 }))).event.value).toBe(12.5)
    expect((await storedOf(click({ type: 'search', item: undefined }))).event.item).toBeNull()
    const noUser = click({ type: 'stock_out', user: undefined, receipt: receipt() })
    expect((await storedOf(noUser)).event.user).toBeNull()
    expect((await storedOf(click({ user: undefined }))).event.user).toBeNull()
    expect((await storedOf(click({ user: undefined, receipt: receipt() }))).event.user).toBe(
      pseudonym('u_1'),
    )
  })

  it('about people keep no plain id, neither as user nor as item', async () => {
    const { storedOf } = eventsApp()
    const { event } = await storedOf(click({ type: 'follow', item: 'u_2' }))
    expect(event).toMatchObject({ user: pseudonym('u_1'), item: pseudonym('u_2') })
  })

  it('that take one back repeat it and name it', async () => {
    const { storedOf } = eventsApp()
    const taken = click({ id: 'e9', retracts: 'e1', receipt: receipt() })
    expect((await storedOf(taken)).event).toMatchObject({ id: 'e9', retracts: 'e1', item: 'p1' })
  })

  it('are answered when they are durable, and not before', async () => {
    let store = (_: boolean[]) => {}
    const { post } = eventsApp({ durable: () => new Promise((resolve) => (store = resolve)) })
    let answered = false
    const answer = post([click()]).then((given) => {
      answered = true
      return given
    })
    await vi.waitFor(() => expect(store.length).toBe(1))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(answered).toBe(false)
    store([true])
    expect((await answer).status).toBe(202)
  })
})

describe('what could not be stored', () => {
  const lost = { code: 'not_durable', message: expect.stringContaining('send it again') }

  it('is rejected alone, with its path', async () => {
    const { post } = eventsApp({ durable: () => [true, false, true] })
    const answer = await post([click(), click({ id: 'e2' }), click({ id: 'e3' })])
    expect(answer).toMatchObject({ status: 202, accepted: 2, notCounted: [] })
    expect(answer.rejected).toEqual([{ index: 1, id: 'e2', path: 'events[1]', ...lost }])
  })

  it('takes the whole event with it where one of its items is lost', async () => {
    const { post } = eventsApp({ durable: () => [false, true, true] })
    const items = [{ id: 'p1' }, { id: 'p2' }]
    const shelf = click({ type: 'impression', item: undefined, items })
    const answer = await post([shelf, click({ id: 'e2' })])
    expect(answer.accepted).toBe(1)
    expect(answer.rejected).toEqual([{ index: 0, id: 'e1', path: 'events[0]', ...lost }])
  })

  it('does not count as not counted', async () => {
    const { post } = eventsApp({ durable: () => [false, true] })
    const answer = await post([click(), click({ id: 'e2' })], { key: 'pk_now' })
    expect(answer.notCounted).toEqual([{ index: 1, id: 'e2', code: 'no_receipt' }])
  })

  it.each([
    ['says so', () => [false]],
    ['says nothing of it', () => []],
    ['rejects', () => Promise.reject(new Error('the queue is down'))],
    [
      'throws',
      () => {
        throw new Error('no queue')
      },
    ],
  ])('is a 503 with Retry-After where nothing was accepted and the log %s', async (_, durable) => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { post } = eventsApp({ durable })
    const answer = await post([click({ type: 'klick' }), click({ id: 'e2' })])
    logged.mockRestore()
    expect(answer).toMatchObject({ status: 503, code: 'not_durable', accepted: 0 })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.rejected.map(({ code }) => code)).toEqual(['unknown_type', 'not_durable'])
    expect(answer.errors?.map(({ path }) => path)).toEqual(['events[0].type', 'events[1]'])
  })
})

describe('consent', () => {
  const yes = { personalize: true, train: true }
  const cases: readonly [string, object | undefined, object | undefined, string | null, object][] =
    [
      ['is yes where nobody says no', undefined, undefined, null, yes],
      [
        'may be refused with the event',
        { train: false },
        undefined,
        null,
        { ...yes, train: false },
      ],
      [
        'travels in the receipt',
        yes,
        { personalize: false, train: false },
        null,
        { personalize: false, train: false },
      ],
      [
        'is the least of both',
        { personalize: false },
        { personalize: true, train: false },
        null,
        { personalize: false, train: false },
      ],
      ['to training is refused by Sec-GPC: 1', yes, yes, '1', { ...yes, train: false }],
      ['is not touched by Sec-GPC: 0', yes, yes, '0', yes],
    ]

  it.each(cases)('%s', async (_, own, decided, gpc, expected) => {
    const { storedOf } = eventsApp()
    const { event } = await storedOf(
      click({
        consent: own,
        receipt: decided && receipt({ consent: decided as typeof yes }),
      }),
      gpc === null ? {} : { headers: { 'sec-gpc': gpc } },
    )
    expect(event.consent).toEqual(expected)
  })

  it('ignores Sec-GPC where that is configured', async () => {
    const { storedOf } = eventsApp({ honoursGpc: false })
    const { event } = await storedOf(click(), { headers: { 'sec-gpc': '1' } })
    expect(event.consent).toEqual(yes)
  })
})
