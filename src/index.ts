import { Item, User } from '../stages/entities.ts'
import { useCases } from './use-cases/index.ts'
import { createWorker } from './worker.ts'

const { handler, objects } = createWorker({ entities: [Item, User], useCases })

export default handler
export const { Records, Registry } = objects
