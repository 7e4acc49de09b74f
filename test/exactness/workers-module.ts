/** What `cloudflare:workers` gives to the classes of objects, outside of the Workers runtime. */
export class DurableObject<Env = unknown> {
  readonly ctx: DurableObjectState
  readonly env: Env

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx
    this.env = env
  }
}
