import type { FeatureStore } from '../store/feature-store.ts'
import { type Publication, publish, publishAggregates } from './record-publish.ts'
import { type SweepRows, sweep } from './record-sweep.ts'

/** What an object publishes, where, and with which alarm. */
export interface RecordPublisherOptions extends Omit<Publication, 'asOfMs'>, SweepRows {
  readonly storage: Pick<DurableObjectStorage, 'getAlarm' | 'setAlarm' | 'deleteAlarm'>
  /** For messages. */
  readonly name: string
  readonly store: FeatureStore
}

/** When and how one object publishes its records: by alarm, so that it goes on whatever happens. */
export interface RecordPublisher {
  /** When the alarm is due, epoch ms; null: there is none. To be asked for before a change. */
  armed(): Promise<number | null>
  /**
   * Sets the alarm for what is to be done; `armedMs` is what `armed` said. Called with no await since the
   * change: both are written, or neither.
   */
  arm(armedMs: number | null): Promise<void>
  /** Publishes now, changed or not; the time that readers will find as `asOfMs`. Rejects where the store fails. */
  flush(): Promise<number>
  /** Never rejects for what the store does: the platform gives up after six retries. */
  alarm(): Promise<void>
}

/** A burst of changes becomes one publication. */
const GATHER_MS = 250
/** How often a record of its own may be published, ms; a driver that spreads faster allows more. */
const RECORD_INTERVAL_MS = 10_000
/** KV takes one write a second for a key. */
const FLUSH_INTERVAL_MS = 1_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

/** Which of the two pages; a keyed entity has the first only. */
interface Parts {
  readonly attributes: boolean
  readonly aggregates: boolean
}

/** See {@link RecordPublisher}. */
export function recordPublisher(options: RecordPublisherOptions): RecordPublisher {
  const { storage, name, entity, state, store } = options
  const hasPageOfAggregates = entity.layout === 'paged' && entity.aggregates.size > 0
  const intervalMs =
    entity.layout === 'paged' ? store.refreshMs : Math.min(store.refreshMs, RECORD_INTERVAL_MS)
  let failures = 0
  let retryAtMs = 0
  let underWay = 0
  /** Settles when the publications under way have; never rejects. */
  let published: Promise<void> = Promise.resolve()

  function due(nowMs: number): Parts {
    const now = state.get()
    const attributes = now.revision > now.publishedRevision
    if (!hasPageOfAggregates) return { attributes, aggregates: false }
    const changed = now.aggregatesRevision > now.aggregatesPublished
    const hopped = now.nextHopMs !== null && now.nextHopMs <= nowMs
    // An alarm for attributes is no reason to publish aggregates sooner than they may be.
    const mayBe = !attributes || now.aggregatesAtMs + intervalMs <= nowMs
    return { attributes, aggregates: (changed || hopped) && mayBe }
  }

  function dueMs(nowMs: number): number {
    const now = state.get()
    const soonestMs = Math.max(nowMs + GATHER_MS, retryAtMs)
    const times = [now.sweepAtMs === null ? Number.POSITIVE_INFINITY : now.sweepAtMs]
    if (now.revision > now.publishedRevision)
      times.push(Math.max(soonestMs, now.publishedAtMs + intervalMs))
    if (hasPageOfAggregates) {
      const againMs = Math.max(soonestMs, now.aggregatesAtMs + intervalMs)
      if (now.aggregatesRevision > now.aggregatesPublished) times.push(againMs)
      else if (now.nextHopMs !== null) times.push(Math.max(againMs, now.nextHopMs))
    }
    return Math.min(...times)
  }

  async function arm(armedMs: number | null): Promise<void> {
    const nextMs = dueMs(Date.now())
    if (nextMs < (armedMs ?? Number.POSITIVE_INFINITY)) await storage.setAlarm(nextMs)
  }

  /** One publication after the other: of two under way the older could be written last. */
  function inTurn(parts: Parts): Promise<number> {
    underWay++
    const asOfMs = published.then(() => publishNow(parts))
    const ended = () => void underWay--
    published = asOfMs.then(ended, ended)
    return asOfMs
  }

  async function publishNow({ attributes, aggregates }: Parts): Promise<number> {
    const { publishedAtMs, aggregatesAtMs } = state.get()
    // Later than the last one's, so that readers can tell them apart.
    const asOfMs = Math.max(Date.now(), publishedAtMs + 1, aggregatesAtMs + 1)
    try {
      if (aggregates) await publishAggregates({ ...options, asOfMs })
      if (attributes) await publish({ ...options, asOfMs })
      failures = 0
      retryAtMs = 0
    } catch (error) {
      const backoffMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++)
      retryAtMs = Date.now() + backoffMs
      console.error(`${name}: not published, again in ${backoffMs} ms:`, error)
      throw error
    } finally {
      // An alarm for what a flush has published would come too soon for what follows.
      if ((await storage.getAlarm()) !== null) await storage.deleteAlarm()
      await arm(null)
    }
    return asOfMs
  }

  return {
    armed: () => storage.getAlarm(),
    arm,
    async flush() {
      const { publishedAtMs, aggregatesAtMs } = state.get()
      const waitMs = Math.max(publishedAtMs, aggregatesAtMs) + FLUSH_INTERVAL_MS - Date.now()
      if (waitMs > 0) await scheduler.wait(waitMs)
      return inTurn({ attributes: true, aggregates: hasPageOfAggregates })
    },
    async alarm() {
      const { sweepAtMs } = state.get()
      if (sweepAtMs !== null && sweepAtMs <= Date.now())
        try {
          sweep(options, Date.now())
        } catch (error) {
          console.error(`${name}: what has lived its time was not removed:`, error)
          state.set({ sweepAtMs: Date.now() + LAST_RETRY_MS })
        }
      const parts = due(Date.now())
      if (underWay > 0) await published
      else if (parts.attributes || parts.aggregates) await inTurn(parts).catch(() => {})
      // Outside of all catches: should even this fail, the platform's own retries are what is left.
      await arm(await storage.getAlarm())
    },
  }
}
