import { describe, expect, it, vi } from 'vitest'
import { NOW_MS, SETTINGS } from './fixtures/runtime.ts'
import { click, decisionIdAt, eventsApp, pseudonym, receipt } from './fixtures/sent-events.ts'

const { post, storedOf } = eventsApp()
const HOUR = 3_600_000
const DAY = 24 * HOUR
const LIFE = 3 * DAY

const flipped = (text: string, at: number) =>
  text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
const genuine = receipt()

/** What comes with the event, the verdict under the publishable key, and what vouches under the secret one. */
const MATRIX: readonly (readonly [string, Parameters<typeof click>[0], string, string])[] = [
  ['a valid receipt', { receipt: genuine }, 'receipt', 'receipt'],
  ['no receipt', {}, 'no_receipt', 'secret'],
  ['a decision id alone', { decisionId: decisionIdAt(NOW_MS - 5) }, 'no_receipt', 'secret'],
  [
    'both, and they agree',
    { receipt: genuine, decisionId: decisionIdAt(NOW_MS - 60_000) },
    'receipt',
    'receipt',
  ],
  ['a receipt by the key before', { receipt: receipt({}, SETTINGS, 1) }, 'receipt', 'receipt'],
  [
    'a receipt by a key never ours',
    { receipt: receipt({}, { ...SETTINGS, SIGNING_SECRET: 'other' }) },
    'bad_receipt',
    'secret',
  ],
  ['a changed payload', { receipt: flipped(genuine, 30) }, 'bad_receipt', 'secret'],
  [
    'a changed signature',
    { receipt: flipped(genuine, genuine.length - 5) },
    'bad_receipt',
    'secret',
  ],
  ['an empty receipt', { receipt: '' }, 'bad_receipt', 'secret'],
  ['any text', { receipt: 'r1.e30.e30' }, 'bad_receipt', 'secret'],
  [
    'a receipt at the end of its life',
    { receipt: receipt({ decidedAtMs: NOW_MS - LIFE }) },
    'receipt',
    'receipt',
  ],
  [
    'a receipt past its life',
    { receipt: receipt({ decidedAtMs: NOW_MS - LIFE - 1 }) },
    'receipt_expired',
    'secret',
  ],
  ['an item not served', { receipt: genuine, item: 'p3' }, 'item_not_served', 'secret'],
  ['another user', { receipt: genuine, user: 'u_2' }, 'user_not_served', 'secret'],
  ['no user under a user’s receipt', { receipt: genuine, user: undefined }, 'receipt', 'receipt'],
  ['a user under a guest’s receipt', { receipt: receipt({ user: null }) }, 'receipt', 'receipt'],
  [
    'a user under a guest’s receipt where identities are signed',
    { receipt: receipt({ user: null, useCase: 'shop-signed' }) },
    'user_not_served',
    'secret',
  ],
  [
    'a guest under a guest’s receipt where identities are signed',
    { receipt: receipt({ user: null, useCase: 'shop-signed' }), user: undefined },
    'receipt',
    'receipt',
  ],
  [
    'a receipt of a use case that is gone',
    { receipt: receipt({ useCase: 'gone' }) },
    'receipt',
    'receipt',
  ],
  ['a time of 14 days ago', { timestamp: NOW_MS - 14 * DAY }, 'no_receipt', 'secret'],
  ['a time before that', { timestamp: NOW_MS - 14 * DAY - 1 }, 'no_receipt', 'too_old'],
  ['a time too far ahead', { timestamp: NOW_MS + 14 * DAY + 1 }, 'no_receipt', 'too_new'],
  [
    'an old time under a receipt, whose own time is the key’s',
    { timestamp: NOW_MS - 90 * DAY, receipt: genuine },
    'receipt',
    'receipt',
  ],
  [
    'a decision too long ago',
    { decisionId: decisionIdAt(NOW_MS - 15 * DAY) },
    'no_receipt',
    'too_old',
  ],
]

describe('trust', () => {
  for (const [kind, key, column] of [
    ['publishable', 'pk_now', 0],
    ['secret', 'sk_now', 1],
  ] as const)
    it.each(MATRIX)(`under the ${kind} key: %s`, async (_, change, ...verdicts) => {
      const verdict = verdicts[column]
      const counts = ['receipt', 'secret'].includes(verdict)
      const { event, accepted, notCounted } = await storedOf(click(change), { key })
      expect(accepted).toBe(1)
      expect(event).toMatchObject(
        counts ? { trust: 'counted', voucher: verdict } : { trust: verdict, voucher: null },
      )
      expect(notCounted).toEqual(counts ? [] : [{ index: 0, id: 'e1', code: verdict }])
    })

  it('is one for each item of an event, told once for each reason', async () => {
    const items = [{ id: 'p1' }, { id: 'p8' }, { id: 'p2' }, { id: 'p9' }]
    const shelf = click({ type: 'impression', item: undefined, items, receipt: genuine })
    const { notCounted, all } = await storedOf(shelf, { key: 'pk_now' })
    expect(notCounted).toEqual([
      { index: 0, id: 'e1', code: 'item_not_served', items: ['p8', 'p9'] },
    ])
    expect(all.map(({ item, trust }) => [item, trust])).toEqual([
      ['p1', 'counted'],
      ['p8', 'item_not_served'],
      ['p2', 'counted'],
      ['p9', 'item_not_served'],
    ])
  })

  it('is told by the index of the batch, rejected ones included', async () => {
    const { notCounted } = await post(
      [click({ type: 'klick' }), click({ id: 'a', receipt: genuine }), click({ id: 'b' })],
      { key: 'pk_now' },
    )
    expect(notCounted).toEqual([{ index: 2, id: 'b', code: 'no_receipt' }])
  })

  it('does not take a decision’s id from anybody', async () => {
    const decisionId = decisionIdAt(NOW_MS - 5)
    for (const receipt of [undefined, 'forged'])
      for (const [key, expected] of [
        ['pk_now', null],
        ['sk_now', decisionId],
      ] as const) {
        const { event } = await storedOf(click({ decisionId, receipt }), { key })
        expect(event.decisionId).toBe(expected)
      }
  })

  it('takes neither a user nor consent from a receipt that is not ours', async () => {
    const forged = receipt(
      { consent: { personalize: false, train: false } },
      { ...SETTINGS, SIGNING_SECRET: 'other' },
    )
    const { event } = await storedOf(click({ receipt: forged, user: undefined }), { key: 'pk_now' })
    expect(event).toMatchObject({
      ...{ user: null, decisionId: null, useCase: null, variant: null, model: null },
      consent: { personalize: true, train: true },
    })
  })

  it('leaves the user whom the event names, whoever the receipt is of', async () => {
    const { event } = await storedOf(click({ receipt: genuine, user: 'u_2' }))
    expect(event.user).toBe(pseudonym('u_2'))
  })
})

describe('a cap per user and network', () => {
  const limited = (success: (key: string) => boolean | Promise<never>) => {
    const keys: string[] = []
    const app = eventsApp({
      eventLimiter: {
        async limit({ key }) {
          keys.push(key)
          return { success: await success(key) }
        },
      },
    })
    return { ...app, keys }
  }
  const sent = { key: 'pk_now', headers: { 'cf-connecting-ip': '203.0.113.7' } }

  it('keeps what is over it, and does not count it', async () => {
    const { storedOf, keys } = limited(() => false)
    const { event, notCounted } = await storedOf(click({ receipt: genuine }), sent)
    expect(event).toMatchObject({ trust: 'over_rate', voucher: null })
    expect(notCounted).toEqual([{ index: 0, id: 'e1', code: 'over_rate' }])
    expect(keys).toEqual([`${pseudonym('u_1')}:203.0.113`])
  })

  it('is asked neither for servers nor for what does not count anyway', async () => {
    const { storedOf, keys } = limited(() => false)
    expect((await storedOf(click({ receipt: genuine }))).event.trust).toBe('counted')
    expect((await storedOf(click(), sent)).event.trust).toBe('no_receipt')
    expect(keys).toEqual([])
  })

  it('counts what is within it, and everything where it fails', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    for (const answer of [() => true, () => Promise.reject(new Error('gone'))]) {
      const { storedOf } = limited(answer)
      expect((await storedOf(click({ receipt: genuine }), sent)).event.trust).toBe('counted')
    }
    logged.mockRestore()
  })
})

/** The client’s time of the event, of sending, and when it is taken to have happened. */
const CLOCKS: readonly (readonly [
  string,
  { timestamp?: number | string; sent?: number | string; receipt?: string; decisionId?: string },
  number,
])[] = [
  ['right', { timestamp: NOW_MS - 5_000, sent: NOW_MS - 100 }, NOW_MS - 5_000],
  ['unknown', { timestamp: NOW_MS - 5_000 }, NOW_MS - 5_000],
  ['a day slow', { timestamp: NOW_MS - DAY - 5_000, sent: NOW_MS - DAY }, NOW_MS - 5_000],
  ['a day fast', { timestamp: NOW_MS + DAY - 5_000, sent: NOW_MS + DAY }, NOW_MS - 5_000],
  ['fast, and tells no sending', { timestamp: NOW_MS + HOUR }, NOW_MS],
  [
    'off by less than the way explains',
    { timestamp: NOW_MS - 9_000, sent: NOW_MS - 29_000 },
    NOW_MS - 9_000,
  ],
  ['silent', {}, NOW_MS],
  ['silent but for sending', { sent: NOW_MS - DAY }, NOW_MS],
  [
    'in text with a zone',
    { timestamp: new Date(NOW_MS - 5_000).toISOString(), sent: new Date(NOW_MS).toISOString() },
    NOW_MS - 5_000,
  ],
  ['before its receipt', { timestamp: NOW_MS - HOUR, receipt: genuine }, NOW_MS - 60_000],
  [
    'before its decision',
    { timestamp: NOW_MS - HOUR, decisionId: decisionIdAt(NOW_MS - 7_000) },
    NOW_MS - 7_000,
  ],
  ['after its arrival', { timestamp: NOW_MS + 1, receipt: genuine }, NOW_MS],
  [
    'a year slow under a receipt',
    { timestamp: NOW_MS - 365 * DAY, receipt: genuine },
    NOW_MS - 60_000,
  ],
  ['of half a millisecond', { timestamp: NOW_MS - 1.5 }, NOW_MS - 2],
]

describe('a clock', () => {
  it.each(CLOCKS)('that is %s', async (_, { sent, ...times }, expected) => {
    const { stored, post } = eventsApp()
    const body = { sent, events: [click({ timestamp: undefined, ...times })] }
    expect((await post(body)).status).toBe(202)
    expect(stored[0].eventTimeMs).toBe(expected)
    expect(stored[0].receivedMs).toBe(NOW_MS)
  })

  it('does not move the time under which an event is known again', async () => {
    const keyOf = async (change: Parameters<typeof click>[0], sent?: number) => {
      const { stored, post } = eventsApp()
      await post({ sent, events: [click({ timestamp: undefined, ...change })] })
      return stored[0].keyTimeMs
    }
    expect(await keyOf({ timestamp: NOW_MS - DAY }, NOW_MS - 2 * DAY)).toBe(NOW_MS - DAY)
    expect(await keyOf({ timestamp: NOW_MS - DAY, receipt: genuine })).toBe(NOW_MS - 60_000)
    expect(await keyOf({ decisionId: decisionIdAt(NOW_MS - 7_000) })).toBe(NOW_MS - 7_000)
    expect(await keyOf({}, NOW_MS - 3_000)).toBe(NOW_MS - 3_000)
    expect(await keyOf({})).toBe(NOW_MS)
  })
})
