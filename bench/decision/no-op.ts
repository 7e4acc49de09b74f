import { Hono } from 'hono'

interface Env {
  readonly FEATURES: { get(key: string, type: 'arrayBuffer'): Promise<ArrayBuffer | null> }
}

/** The least that a JSON route can do with a decision's body; and the same with one read of the store. */
const app = new Hono<{ Bindings: Env }>()

app.post('/no-op', async (c) => {
  const body = await c.req.json()
  return c.json({ ok: true, keys: Object.keys(body).length })
})

app.post('/no-op-read/:key{.+}', async (c) => {
  const body = await c.req.json()
  const value = await c.env.FEATURES.get(c.req.param('key'), 'arrayBuffer')
  return c.json({ ok: value !== null, keys: Object.keys(body).length })
})

export default app
