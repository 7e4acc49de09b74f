import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { featuresOf, type Item, likedBy, type User } from './idiomatic-features.ts'
import { BIAS, CATEGORY_WEIGHTS, NUMBER_WEIGHTS } from './weights.ts'

interface Env {
  readonly FEATURES: {
    get(key: string, type: 'json'): Promise<unknown>
    get(keys: readonly string[], type: 'json'): Promise<Map<string, unknown>>
  }
  readonly EVENTS: { send(body: unknown, options: { contentType: 'json' }): Promise<unknown> }
  readonly PUBLISHABLE_KEY: string
  readonly SIGNING_SECRET: string
}

const requestSchema = z.strictObject({
  user: z.strictObject({ id: z.string().min(1).max(128) }),
  context: z.strictObject({
    device: z.enum(['phone', 'tablet', 'desk', 'tv']).optional(),
    recent: z
      .array(z.strictObject({ type: z.string(), item: z.string(), at: z.number() }))
      .max(50)
      .default([]),
  }),
  candidates: z.array(z.string().min(1).max(128)).max(500),
  limit: z.int().min(1).max(100).default(10),
  return: z.array(z.string()).default([]),
  explain: z.boolean().default(false),
  preview: z.boolean().default(false),
})

const itemSchema = z.object({
  id: z.string(),
  title: z.string(),
  genres: z.array(z.string()),
  year: z.number().optional(),
  available: z.boolean().optional(),
  first_rated_at: z.number().optional(),
  batch_positives: z.number().optional(),
  batch_rating_count: z.number().optional(),
  batch_rating_mean: z.number().optional(),
  batch_decayed_90d: z.number().optional(),
  batch_decayed_365d: z.number().optional(),
  neighbours: z.array(z.string()).default([]),
  neighbour_scores: z.array(z.number()).default([]),
})

const userSchema = z.object({
  batch_seen: z.array(z.string()).default([]),
  batch_recent_items: z.array(z.string()).default([]),
  batch_rating_count: z.number().optional(),
  batch_rating_mean: z.number().optional(),
})

const weights = new Map<string, number>(Object.entries(NUMBER_WEIGHTS))
let catalogue: Map<string, Item> | undefined

const app = new Hono<{ Bindings: Env }>()

/** A decision as it is commonly written: schemas, objects, Maps and a sort; the catalogue in memory. */
app.post('/decide', (c) => decide(c, (_, env) => itemsOf(env)))

/** The same without a catalogue: reads the rows it needs, a hundred keys at once. */
app.post('/decide-from-rows', (c) => decide(c, rowsOf))

type Read = (ids: readonly string[], env: Env) => Promise<Map<string, Item>>

async function decide(c: Context<{ Bindings: Env }>, read: Read): Promise<Response> {
  if (c.req.header('authorization') !== `Bearer ${c.env.PUBLISHABLE_KEY}`)
    return c.json({ error: 'unauthorized' }, 401)
  const parsed = requestSchema.safeParse(await c.req.json())
  if (!parsed.success) return c.json({ error: parsed.error.issues }, 400)
  const request = parsed.data
  const user: User = userSchema.parse(
    (await c.env.FEATURES.get(`json/user/${request.user.id}`, 'json')) ?? {},
  )
  const { recent } = request.context
  const history = [...recent.map(({ item }) => item), ...user.batch_recent_items]
  const items = await read([...new Set([...request.candidates, ...history])], c.env)
  const seen = new Set([...user.batch_seen, ...recent.map(({ item }) => item)])
  const context = {
    now: Date.now(),
    device: request.context.device,
    recent,
    user,
    ...likedBy(user, recent, items),
  }
  const pool = [...new Set(request.candidates)]
    .map((id) => items.get(id))
    .filter((item) => item !== undefined)
    .filter((item) => !seen.has(item.id))
    .filter((item) => item.available !== false)
    .map((item) => {
      const features = featuresOf(item, context)
      return { item, features, ...scored(features) }
    })
  const ranked = pool.toSorted((a, b) => b.score - a.score).slice(0, request.limit)
  const decisionId = crypto.randomUUID()
  if (!request.preview) c.executionCtx.waitUntil(log(c.env, decisionId, request, pool))
  return c.json({
    decisionId,
    receipt: await receiptOf(c.env, decisionId, ranked),
    items: ranked.map(({ item, raw, score, contributions }, i) => ({
      id: item.id,
      position: i + 1,
      score,
      propensity: 1,
      fields: Object.fromEntries(
        request.return.map((field) => [field, item[field as keyof Item] ?? null]),
      ),
      ...(request.explain
        ? { explanation: { raw, bias: BIAS, link: 'logit', contributions } }
        : {}),
    })),
    model: null,
  })
}

/** What was decided, of which features, as JSON in messages that the queue takes. */
async function log(
  env: Env,
  decisionId: string,
  request: unknown,
  pool: readonly { readonly item: Item; readonly features: object; readonly score: number }[],
): Promise<void> {
  for (let i = 0; i < pool.length; i += 100) {
    const candidates = pool
      .slice(i, i + 100)
      .map(({ item, features, score }) => ({ id: item.id, features, score }))
    await env.EVENTS.send(
      { decisionId, at: Date.now(), request, candidates },
      { contentType: 'json' },
    )
  }
}

async function itemsOf(env: Env): Promise<Map<string, Item>> {
  if (!catalogue) {
    const rows = z.array(itemSchema).parse(await env.FEATURES.get('json/items', 'json'))
    catalogue = new Map(rows.map((row) => [row.id, row]))
  }
  return catalogue
}

async function rowsOf(ids: readonly string[], env: Env): Promise<Map<string, Item>> {
  const hundreds = Array.from({ length: Math.ceil(ids.length / 100) }, (_, i) =>
    ids.slice(i * 100, i * 100 + 100).map((id) => `json/item/${id}`),
  )
  const read = await Promise.all(hundreds.map((keys) => env.FEATURES.get(keys, 'json')))
  const rows = read.flatMap((found) => [...found.values()].filter((row) => row !== null))
  return new Map(
    z
      .array(itemSchema)
      .parse(rows)
      .map((row) => [row.id, row]),
  )
}

function scored({ numbers, categories }: ReturnType<typeof featuresOf>) {
  let raw = BIAS
  const contributions = []
  for (const [feature, value] of Object.entries(numbers)) {
    const weight = weights.get(feature) ?? 0
    const contribution = weight * value
    raw += contribution
    contributions.push({ feature, value, status: 'present', input: value, weight, contribution })
  }
  for (const [feature, values] of Object.entries(categories)) {
    const table = CATEGORY_WEIGHTS[feature as keyof typeof CATEGORY_WEIGHTS] ?? {}
    for (const value of values) {
      const weight = (table as Record<string, number>)[value] ?? 0
      raw += weight
      contributions.push({
        feature,
        value,
        status: 'present',
        input: value,
        weight,
        contribution: weight,
      })
    }
  }
  return { raw, score: 1 / (1 + Math.exp(-raw)), contributions }
}

async function receiptOf(env: Env, id: string, ranked: readonly { item: Item }[]): Promise<string> {
  const text = JSON.stringify({ id, at: Date.now(), items: ranked.map(({ item }) => item.id) })
  const encoder = new TextEncoder()
  const key = await crypto.subtle.importKey(
    'raw',
    encoder.encode(env.SIGNING_SECRET),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(text))
  return `${btoa(text)}.${btoa(String.fromCharCode(...new Uint8Array(signature)))}`
}

export default app
