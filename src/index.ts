import { Item, User } from '../stages/entities.ts'
import { events, outcomes } from '../stages/events.ts'
import { useCases } from './use-cases/index.ts'
import { createWorker } from './worker.ts'

const { handler, objects } = createWorker({
  entities: [Item, User],
  events,
  outcomes,
  useCases,
})

export default handler
export const { Records, Registry, Outbox, Metrics, Runs, Forget } = objects
