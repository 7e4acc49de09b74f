import { Hono } from 'hono'

interface Env {
  readonly FEATURES: { get(key: string, type: 'arrayBuffer'): Promise<ArrayBuffer | null> }
  readonly EVENTS: { send(body: Uint8Array, options: { contentType: 'bytes' }): Promise<unknown> }
}

/** As large as the record of a decision over 500 candidates with 30 features. */
const RECORD = new Uint8Array(64_000)

/** The least that a JSON route can do with a decision's body. */
const app = new Hono<{ Bindings: Env }>()

app.post('/no-op', async (c) => {
  const body = await c.req.json()
  return c.json({ ok: true, keys: Object.keys(body).length })
})

/** The same, with the read of the store that a decision makes. */
app.post('/no-op-read/:key{.+}', async (c) => {
  const body = await c.req.json()
  const value = await c.env.FEATURES.get(c.req.param('key'), 'arrayBuffer')
  return c.json({ ok: value !== null, keys: Object.keys(body).length })
})

/** The same, with that read and the message that a decision sends behind its answer. */
app.post('/no-op-read-send/:key{.+}', async (c) => {
  const body = await c.req.json()
  const value = await c.env.FEATURES.get(c.req.param('key'), 'arrayBuffer')
  c.executionCtx.waitUntil(c.env.EVENTS.send(RECORD, { contentType: 'bytes' }))
  return c.json({ ok: value !== null, keys: Object.keys(body).length })
})

export default app
