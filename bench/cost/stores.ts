import { meter } from './meter.ts'

/** The unit of a queue's bill: a KB has 1,000 bytes there, and a message has about 100 of its own. */
const QUEUE_UNIT_BYTES = 64_000
const MESSAGE_BYTES = 100

/** A KV namespace in memory; what is read and written is counted by the first words of its keys. */
export function meteredKv(): KVNamespace {
  const values = new Map<string, Uint8Array>()
  const kindOf = (key: string) =>
    key.startsWith('page/') ? 'page' : key.split('/').slice(0, 2).join('/')
  const kv = {
    async get(key: string) {
      meter.add('kvRead', kindOf(key))
      return values.get(key)?.slice().buffer ?? null
    },
    async put(key: string, value: Uint8Array) {
      meter.add('kvWrite', kindOf(key))
      values.set(key, new Uint8Array(value))
    },
    async delete(key: string) {
      meter.add('kvWrite', kindOf(key))
      values.delete(key)
    },
  }
  return kv as unknown as KVNamespace
}

/** A bucket in memory. `bytes` is what it holds. */
export function meteredBucket(): R2Bucket & { bytes(): number } {
  const objects = new Map<string, Uint8Array>()
  const kindOf = (key: string) => key.split('/').slice(0, 2).join('/')
  const bucket = {
    bytes: () => [...objects.values()].reduce((sum, { length }) => sum + length, 0),
    async put(key: string, value: Uint8Array) {
      meter.add('r2Put', kindOf(key))
      objects.set(key, new Uint8Array(value))
    },
    async get(key: string) {
      meter.add('r2Get', kindOf(key))
      const bytes = objects.get(key)
      return bytes ? { arrayBuffer: async () => bytes.slice().buffer } : null
    },
    async list({ prefix = '' }: R2ListOptions = {}) {
      meter.add('r2Put', `list ${kindOf(prefix)}`)
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()
      return { objects: keys.map((key) => ({ key, uploaded: new Date() })), truncated: false }
    },
    // Deletes are free.
    async delete(key: string) {
      objects.delete(key)
    },
  }
  return bucket as unknown as R2Bucket & { bytes(): number }
}

/** A queue that hands over what it takes to the simulation. */
export function meteredQueue(take: (body: Uint8Array) => void): Queue<Uint8Array> {
  const queue = {
    async sendBatch(messages: Iterable<MessageSendRequest<Uint8Array>>) {
      for (const { body } of messages) {
        const kind = ['decision', 'outcomes', 'entities'][body[4]]
        const units = Math.ceil((body.length + MESSAGE_BYTES) / QUEUE_UNIT_BYTES)
        meter.add('queue', kind, units)
        meter.add('queueBytes', kind, body.length)
        take(body.slice())
      }
    },
  }
  return queue as unknown as Queue<Uint8Array>
}
