import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesBelow, liveBelow, partsBelow, placesOf, type Stored } from './state.ts'
import { eventually, type RunningWorker, SETTINGS, startWorker } from './worker.ts'

const USER = 'Zq7Wd.plain-user.Xw93kT'
const QUIET = 'Kf2Lm.quiet-user.Bn81rV'
const AGENT = 'ScanAgent/7.31 (Quetzalcoatlus)'
const ADDRESS = '203.0.113.177'

const pseudonymOf = (id: string) =>
  createHmac('sha256', SETTINGS.IDENTITY_SECRET)
    .update(id)
    .digest()
    .subarray(0, 16)
    .toString('base64url')

const FILMS = Array.from({ length: 60 }, (_, i) => ({
  id: `${i + 1}`,
  attributes: { title: `Film ${i + 1}`, genres: ['Drama'], batch_positives: 100 - i },
}))
const SEEN = FILMS.slice(5).map(({ id }) => id)

interface Decided {
  readonly decisionId: string
  readonly receipt: string
  readonly items: { readonly id: string }[]
}

let worker: RunningWorker
const decided: Record<string, Decided> = {}

/** A decision and a click on its first item, by name. */
async function visit(
  name: string,
  user: string,
  consent: { personalize?: boolean; train?: boolean } = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const body = { user: { id: user }, limit: 60, consent }
  const key = { authorization: `Bearer ${SETTINGS.PUBLISHABLE_KEY}`, ...headers }
  const answer = await worker.send('POST', '/v1/decide/movies-home', body, key)
  expect(answer.status).toBe(200)
  decided[name] = (await answer.json()) as Decided
  const { receipt, items } = decided[name]
  const event = {
    id: `click-${name}`,
    type: 'click',
    item: items[0].id,
    receipt,
    timestamp: Date.now(),
  }
  const named = consent.personalize === false ? event : { ...event, user }
  const events = [named, { id: 'bad', type: 'no-such-type', user }]
  const sent = await worker.send('POST', '/v1/events', { events }, key)
  expect(sent.status).toBe(202)
}

const clicksOf = async (user: string): Promise<number> => {
  const record = await worker.send('GET', `/v1/entities/user/${user}`)
  const { fields } = (await record.json()) as { fields: { clicks_7d: { value: number } } }
  return fields.clicks_7d.value
}

/** Everything at rest: files as they are, and what is compressed or in pages of databases. */
const atRest = async (): Promise<Stored[]> => [
  ...filesBelow(worker.state),
  ...(await liveBelow(worker.state)),
]

beforeAll(async () => {
  worker = await startWorker({
    'user-agent': AGENT,
    'cf-connecting-ip': ADDRESS,
    'x-forwarded-for': ADDRESS,
    'x-real-ip': ADDRESS,
  })
  const put = (entity: string, records: unknown) =>
    worker.send('PUT', `/v1/entities/${entity}`, { records })
  await worker.send('POST', '/v1/imports/item', { state: 'running' })
  expect((await put('item', FILMS)).status).toBe(200)
  await worker.send('POST', '/v1/imports/item', { state: 'done' })
  const people = [USER, QUIET].map((id) => ({ id, attributes: { batch_seen: SEEN } }))
  expect((await put('user', people)).status).toBe(200)
  await eventually('readiness', async () => (await worker.send('GET', '/readyz')).ok)
  await worker.send('POST', '/v1/users/pseudonyms', { ids: [USER, QUIET] })
  await eventually('the record in decisions', async () => {
    await visit(`try-${Date.now()}`, USER)
    return Object.values(decided).at(-1)?.items.length === 5
  })
  await visit('plain', USER)
  await visit('no-training', USER, { train: false })
  await visit('global-privacy-control', USER, {}, { 'sec-gpc': '1' })
  await visit('impersonal', QUIET, { personalize: false })
  await eventually('the clicks of the user', async () => (await clicksOf(USER)) >= 4)
  for (const { decisionId } of Object.values(decided))
    await eventually('a decision', async () => {
      const logged = await worker.send('GET', `/v1/decisions/${decisionId}`)
      return ((await logged.json()) as { outcomes: unknown[] }).outcomes.length === 1
    })
  const key = Buffer.from(pseudonymOf(USER))
  await eventually('the published record', async () =>
    filesBelow(worker.state).some(
      ({ where, bytes }) => where.includes('/kv/') && bytes.includes(key),
    ),
  )
}, 240_000)

afterAll(async () => {
  await worker?.stop()
  worker?.clear()
})

const ofDecision = (rows: readonly Readonly<Record<string, unknown>>[], name: string) =>
  rows.find(({ decision_id: id }) => id === decided[name].decisionId)

describe('consent, from the request to the lake', () => {
  it('to personalize: without it no record is read, none changes, and the decision is nobody’s', async () => {
    expect(decided.plain.items.length).toBe(5)
    expect(decided.impersonal.items.length).toBe(60)
    expect(await clicksOf(QUIET)).toBe(0)
    const row = ofDecision(await partsBelow(worker.state, 'decision'), 'impersonal')
    expect(row).toMatchObject({ user_id: null, consent_personalize: false, consent_train: true })
    const outcome = ofDecision(await partsBelow(worker.state, 'outcome'), 'impersonal')
    expect(outcome).toMatchObject({ user_id: null, consent_personalize: false })
  })

  it.each([
    ['plain', true],
    ['no-training', false],
    ['global-privacy-control', false],
  ])('to train travels with the decision, its receipt and its outcomes: %s', async (name, train) => {
    for (const kind of ['decision', 'outcome'] as const)
      expect(ofDecision(await partsBelow(worker.state, kind), name)).toMatchObject({
        consent_personalize: true,
        consent_train: train,
        user_id: pseudonymOf(USER),
      })
  })
})

describe('what is at rest after traffic', () => {
  it('has pseudonyms in KV, R2 and objects, so that a scan can find what is there', async () => {
    const places = placesOf(pseudonymOf(USER), await atRest())
    for (const part of [
      '/kv/',
      '/do/',
      'events/kind=decision',
      'events/kind=outcome',
      'kind=entity',
    ])
      expect(places.filter((place) => place.includes(part)).length, part).toBeGreaterThan(0)
  })

  it('has no plain user id, address or user agent anywhere, in any disguise', async () => {
    const stored = await atRest()
    for (const text of [USER, QUIET, ADDRESS, AGENT])
      expect(placesOf(text, stored), text).toEqual([])
  })

  it('finds a planted id in each disguise', () => {
    const planted = [
      Buffer.from(`xx${USER}yy`),
      Buffer.from(`x${USER}`, 'utf16le'),
      ...['', 'a', 'ab'].map((before) =>
        Buffer.from(Buffer.from(`${before}${USER}zz`).toString('base64')),
      ),
      Buffer.from(Buffer.from(USER).toString('hex')),
    ]
    planted.forEach((bytes, i) => {
      expect(placesOf(USER, [{ where: `${i}`, bytes }])).toEqual([`${i}`])
    })
  })
})

describe('what is at rest once somebody is forgotten', () => {
  it('is the tombstone, and nothing else of them', async () => {
    const asked = await worker.send('POST', '/v1/users/forget', { id: USER, now: true })
    const { run } = (await asked.json()) as { run: string }
    await eventually('the end of the run', async () => {
      const answer = await worker.send('GET', `/v1/runs/${run}`)
      const { state, report } = (await answer.json()) as {
        state: string
        report?: { lake: { state: string } }
      }
      return state === 'done' && report?.lake.state === 'rewritten'
    })
    await visit('after', USER)
    await eventually(
      'the decision after',
      async () => (await worker.send('GET', `/v1/decisions/${decided.after.decisionId}`)).ok,
    )
    const outcomes = await partsBelow(worker.state, 'outcome')
    expect(ofDecision(outcomes, 'plain')).toMatchObject({ user_id: null })
    expect(ofDecision(outcomes, 'after')).toBeUndefined()
    expect((await worker.send('GET', `/v1/entities/user/${USER}`)).status).toBe(404)
    await worker.stop()
    const live = placesOf(pseudonymOf(USER), await liveBelow(worker.state))
    const tables = new Set(live.map((where) => where.split(' ').at(-1)))
    expect([...tables].sort()).toEqual(['forgotten', 'tombstones'])
    expect(placesOf(USER, await atRest())).toEqual([])
  })
}, 120_000)
