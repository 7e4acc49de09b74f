import type { Env } from '../../src/env.ts'
import { useCases } from '../../src/use-cases/index.ts'
import { createWorker } from '../../src/worker.ts'
import { Item, User } from '../../stages/entities.ts'
import { events, outcomes } from '../../stages/events.ts'
import { simulation } from './simulation.ts'
import { type Scenario, traffic } from './traffic.ts'

/** The product's own Worker with the example's definitions, in a simulated world that counts. */
const { handler, objects } = createWorker({ entities: [Item, User], events, outcomes, useCases })
const world = simulation(handler, objects)

/** The object classes by name, to be exported under their names. */
export const classes = world.objects

export default {
  /** `POST /seed`: calls of the API, done first. `POST /run`: a scenario; answers what it cost. */
  async fetch(request: Request, env: Env): Promise<Response> {
    world.bind(env)
    const { pathname } = new URL(request.url)
    if (pathname === '/seed') {
      await world.seed((await request.json()) as { path: string; body: unknown }[])
      return new Response()
    }
    return Response.json(await traffic(world, (await request.json()) as Scenario))
  },
}
