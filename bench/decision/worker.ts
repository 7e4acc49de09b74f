import { createWorker } from '../../src/worker.ts'
import { Item, User } from '../../stages/entities.ts'
import { events, outcomes } from '../../stages/events.ts'
import { drawn, given } from './chain.ts'

/** The product's own Worker, with the use cases of the bench. */
export const worker = createWorker({
  entities: [Item, User],
  events,
  outcomes,
  useCases: [given, drawn],
})
