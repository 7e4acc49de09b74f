import { DAY_MS } from '../../src/core/duration.ts'
import type { OutcomeEvent } from '../../src/core/event-envelope.ts'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import { shardOf } from '../../src/core/shard.ts'
import { readFailed } from '../../src/wheel/failed.ts'
import { ownerName } from '../../src/wheel/record-owners.ts'
import type { OwnedRecord } from '../../src/wheel/records.ts'
import { ENTITIES } from './definitions.ts'
import { chance, type History, historyOf } from './history.ts'
import { expectedRecords, wrongWith } from './oracle.ts'
import { START_MS, World } from './world.ts'

/** What a schedule came to. */
export interface Outcome {
  readonly world: World
  readonly history: History
  /** What is wrong, in words; nothing where all is as it should be. */
  readonly wrong: readonly string[]
}

/** Looks into a world in the midst of its faults. */
export type Onlooker = (world: World) => Promise<void>

/** The rounds in which all that is pending must have been done once nothing fails any more. */
const DRAIN_ROUNDS = 60

/**
 * Plays the schedule of a seed: clients send, batches are delivered, objects and the consumer go down,
 * time passes; then the faults stop, the rest is done, and the numbers are compared. Close its world.
 */
export async function play(seed: number, halfWay: Onlooker | null = null): Promise<Outcome> {
  const random = mulberry32(seed ^ 0x68e31da4)
  const { below, is, one } = chance(random)
  const world = new World(seed)
  const history = historyOf(seed, 50 + below(80), START_MS)
  const pending = [...history.requests]
  const half = pending.length / 2
  // Mostly as the platform is under load; now and then a message or two at a time.
  const batchSize = is(0.08) ? 4 : 100
  let looked = false
  for (let step = 0; pending.length > 0 && step < 1_000; step++) {
    if (!looked && pending.length < half) {
      looked = true
      await halfWay?.(world)
    }
    const what = random()
    if (what < 0.86) await sendOne(world, pending, below)
    else if (what < 0.89) await world.deliver(batchSize)
    else if (what < 0.9) await world.deliver(batchSize, 'dead')
    else if (what < 0.93) await world.pass(below(one([200, 5_000, 60_000])))
    else if (what < 0.97) one([...world.objects(), { crash() {} }]).crash()
    else if (what < 0.98) world.garbage()
    else if (what < 0.985) await world.redrive()
  }
  // What waits is delivered in bad weather too.
  for (let round = 0; round < (world.weather.queueIsDown ? 12 : 3); round++) {
    while (is(0.8) && (await world.deliver(batchSize)) > 0);
    await world.pass(60_000 + below(60_000))
  }
  world.weather.clear()
  while (pending.length > 0) await sendOne(world, pending, below)
  const wrong = await drained(world)
  wrong.push(...(await compared(world, history)))
  if (halfWay === null && is(0.1)) {
    // Long after, when keys are forgotten, everything comes once more.
    await world.pass(16 * DAY_MS)
    await world.pass(7 * DAY_MS)
    for (const request of history.requests.slice(0, 40)) await world.send(request)
    wrong.push(...(await drained(world)), ...(await compared(world, history)))
  }
  return { world, history, wrong }
}

/** A client sends again what was not accepted, and sometimes what was. */
async function sendOne(
  world: World,
  pending: (readonly OutcomeEvent[])[],
  below: (most: number) => number,
): Promise<void> {
  const [request] = pending.splice(below(Math.min(4, pending.length)), 1)
  const durable = await world.send(request)
  const left = request.filter((_, at) => durable?.[at] !== true)
  if (left.length > 0) pending.push(left)
}

/** Does what is pending; what is left of it after a reasonable time. */
async function drained(world: World): Promise<string[]> {
  let left: string[] = []
  for (let round = 0; round < DRAIN_ROUNDS; round++) {
    while ((await world.deliver(100)) > 0);
    while ((await world.deliver(100, 'dead')) > 0);
    left = await pendingIn(world)
    if (left.length === 0) return []
    if (left.some((what) => what.includes('dead letters'))) await world.redrive()
    await world.pass(61_000)
  }
  return left
}

async function pendingIn(world: World): Promise<string[]> {
  const left: string[] = []
  const { waiting, dead } = world.queue
  if (waiting.length + dead.length > 0) left.push(`${waiting.length + dead.length} messages wait`)
  for (const [name, { disk }] of world.outboxes.objects) {
    const count = disk.rowsOf('messages').length
    if (count > 0) left.push(`${name} holds ${count} messages`)
  }
  for (const [name, { disk }] of world.records.objects) {
    const [row] = disk.rowsOf('state')
    const state = JSON.parse(String(row?.value ?? '{}'))
    if (state.revision > state.publishedRevision) left.push(`${name} has not published records`)
    if (state.aggregatesRevision > state.aggregatesPublished && name.startsWith('item'))
      left.push(`${name} has not published aggregates`)
    if (state.dropped > 0) left.push(`${name} dropped changes`)
  }
  for (const key of world.bucket.objects.keys()) {
    if (!key.startsWith('failed/')) continue
    const read = await readFailed(world.bucket, key)
    const lost = read?.messages.filter(({ reason }) => reason === 'dead_letter') ?? []
    if (lost.length > 0) left.push(`${lost.length} dead letters in ${key}`)
  }
  return left
}

async function compared(world: World, { facts }: History): Promise<string[]> {
  const expected = expectedRecords(ENTITIES, facts)
  const wrong: string[] = []
  for (const one of expected) {
    const { entity, id } = one
    const object = world.records.object(ownerName(entity.name, shardOf(id, entity.shards)))
    const record = (await object.call('read', [entity.name, id], null)) as OwnedRecord | null
    const problem = wrongWith(one, record, world.nowMs)
    if (problem) wrong.push(problem)
  }
  const names = new Set(expected.map(({ entity, id }) => `${entity.name} ${id}`))
  for (const [name, { disk }] of world.records.objects)
    for (const { id } of disk.rowsOf('aggregates'))
      if (!names.has(`${name.split('/')[0]} ${id}`))
        wrong.push(`${name} keeps ${id}, of whom nothing is known`)
  return wrong
}
