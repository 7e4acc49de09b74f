import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeDecision } from '../../src/core/decision-codec.ts'
import type { DecisionEvent } from '../../src/core/decision-event.ts'
import type { BoundScorer } from '../../src/core/stage.ts'
import { artifactText, parseArtifact } from '../../src/model/artifact.ts'
import { encodePublished, modelKey } from '../../src/model/published.ts'
import { moviesHome } from '../../src/use-cases/movies-home.ts'
import { collect } from '../../src/wheel/collect.ts'
import type { Decision } from '../../src/wheel/decide.ts'
import { PART_FORMATS } from '../../src/wheel/lake.ts'
import { findDecision } from '../../src/wheel/lake-find.ts'
import { readPart } from '../../src/wheel/lake-parquet.ts'
import { logDecisions } from '../../src/wheel/log.ts'
import { replayDecision } from '../../src/wheel/replay.ts'
import { batchOf, memoryBucket } from '../fixtures/lake.ts'
import { world } from '../fixtures/runtime.ts'

const DECISIONS = 1_000

/** What is compared of a decision, taken when it was made. */
interface Made {
  readonly id: string
  readonly items: Decision['items']
  /** By served item, from the matrix as it was. */
  readonly raws: readonly number[]
  readonly scores: Float64Array
}

const made = new Map<string, Made>()
const bucket = memoryBucket()
const { decide, runtime, clock, store } = await world(moviesHome, 300)
const plan = runtime.plans.get('movies-home')!

function trained(): { text: string; scorer: BoundScorer } {
  const text = readFileSync('examples/movielens/models/movies-home.json', 'utf8')
  const parsed = parseArtifact(text, moviesHome)
  if ('rejected' in parsed) throw new Error(JSON.stringify(parsed.rejected))
  return {
    text: artifactText(parsed.model, parsed.meta),
    scorer: moviesHome.score.bind(moviesHome.featurize, moviesHome.objective, parsed.model),
  }
}

function takenOf(decision: Decision): Made {
  const rawOf = (row: number) =>
    [...decision.scorer.explain(decision.matrix, row).values()].map(({ raw }) => raw)
  return {
    id: decision.decisionId,
    items: decision.items,
    raws: decision.items.flatMap(({ row }) => rawOf(row)),
    scores: decision.scores.slice(0, decision.pool.size),
  }
}

beforeAll(async () => {
  const bodies: Uint8Array[] = []
  const publisher = {
    async publish(messages: readonly Uint8Array[]) {
      bodies.push(...messages)
      return messages.map(() => true)
    },
    lose(_: number, cause: unknown) {
      throw cause
    },
  }
  for (let i = 0; i < DECISIONS; i++) {
    if (i === DECISIONS / 2)
      await store.put([{ key: modelKey('movies-home'), value: encodePublished(3, trained().text) }])
    const decision = await decide({
      userId: i % 3 ? 'u1' : undefined,
      request: {
        limit: 1 + (i % 40),
        exclude: new Set([String(100_000 + (i % 300))]),
        ...(i % 5 ? {} : { filter: { field: 'year', gte: 1990 } }),
      },
      recent: i % 2 ? [{ type: 'click', item: '356', atMs: clock.nowMs() }] : [],
    })
    logDecisions({ publisher }, [decision], (work) => work)
    made.set(decision.decisionId, takenOf(decision))
    // Hours of arrival and refreshes of the model pass.
    clock.advance(10_000)
  }
  for (let at = 0; at < bodies.length; at += 100)
    await collect(batchOf(bodies.slice(at, at + 100)), { bucket })
}, 120_000)

async function logged(): Promise<DecisionEvent[]> {
  const events: DecisionEvent[] = []
  for (const bytes of bucket.objects.values())
    for (const { record } of await readPart(PART_FORMATS.decision, bytes, ['record']))
      events.push(decodeDecision(record as Uint8Array))
  return events
}

describe('a logged decision', () => {
  it(`is made again from its record alone: ${DECISIONS} of them, with prior weights and a model`, async () => {
    const events = await logged()
    expect(new Set(events.map(({ decisionId }) => decisionId))).toEqual(new Set(made.keys()))
    const { scorer } = trained()
    const models = new Map<string | null, number>()
    for (const event of events) {
      models.set(event.model, (models.get(event.model) ?? 0) + 1)
      const was = made.get(event.decisionId) as Made
      const model = event.model === null ? null : scorer
      const replay = replayDecision(event, plan, model, runtime.digests)
      if (typeof replay === 'string') throw new Error(replay)
      expect(replay.choices.map(({ index }) => event.ids[index])).toEqual(
        was.items.map(({ id }) => id),
      )
      expect(replay.choices.map(({ propensity }) => propensity)).toEqual(
        was.items.map(({ propensity }) => propensity),
      )
      expect(replay.scores.every((score, row) => Object.is(score, was.scores[row]))).toBe(true)
      const raws = replay.choices.flatMap(({ index }) =>
        [...(model ?? plan.prior).explain(event.matrix, index).values()].map(({ raw }) => raw),
      )
      expect(raws.every((raw, i) => Object.is(raw, was.raws[i]))).toBe(true)
      expect(raws.length).toBe(was.raws.length)
    }
    expect(Math.min(...models.values())).toBeGreaterThan(400)
    expect([...models.keys()]).toEqual([null, 'movies-home@3'])
  })

  it('is found by its id', async () => {
    for (const { id, items } of [...made.values()].filter((_, i) => i % 97 === 0)) {
      const event = (await findDecision(bucket, id)) as DecisionEvent
      expect(event.choices.map(({ index }) => event.ids[index])).toEqual(items.map((one) => one.id))
    }
    expect(bucket.objects.size).toBeGreaterThan(DECISIONS / 100)
  })

  it('is not made again by another chain, nor where rows are missing', async () => {
    const [event] = await logged()
    const other = { ...plan, fingerprint: 'another' }
    expect(replayDecision(event, other, null, runtime.digests)).toBe('other_chain')
    const torn = { ...event, complete: false }
    expect(replayDecision(torn, plan, null, runtime.digests)).toBe('incomplete')
  })
})
