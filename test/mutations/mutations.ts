/** A place in a file, and what a bug puts there. */
export interface Edit {
  readonly file: string
  /** Occurs once. */
  readonly find: string
  readonly replace: string
}

/** A bug that somebody could plant, and the test that must not let it pass. */
export interface Mutation {
  readonly name: string
  readonly edits: readonly Edit[]
  readonly project: 'node' | 'workers'
  readonly test: string
  /** Which tests of the file, as `vitest -t` takes it. */
  readonly only?: string
}

const SCHEDULES = {
  project: 'node',
  test: 'test/exactness/schedules.test.ts',
  only: 'schedules \\d+ to ..$',
} as const

/** The bugs that cost events, or count them twice; each is caught. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'ack-before-write',
    edits: [
      {
        file: 'src/wheel/collect.ts',
        find: '  await keepFailed(bucket, failed, lost)\n  const collected',
        replace:
          '  for (const message of messages) message.ack()\n  await keepFailed(bucket, failed, lost)\n  const collected',
      },
    ],
    ...SCHEDULES,
  },
  {
    name: 'dedupe-in-memory',
    edits: [
      {
        file: 'src/wheel/dedupe.ts',
        find: '  return {\n    open(keys) {',
        replace: '  const memory = new Map<number, Set<string>>()\n  return {\n    open(keys) {',
      },
      {
        file: 'src/wheel/dedupe.ts',
        find: 'for (const known of hours.values()) known.load(sql)',
        replace:
          'for (const [hour, { known }] of hours) for (const key of memory.get(hour) ?? []) known.add(key)',
      },
      {
        file: 'src/wheel/dedupe.ts',
        find: 'for (const known of hours.values()) known.write(sql)',
        replace:
          'for (const [hour, { known }] of hours) memory.set(hour, new Set([...(memory.get(hour) ?? []), ...known]))',
      },
    ],
    ...SCHEDULES,
  },
  {
    name: 'dedupe-and-change-in-two-commits',
    edits: [
      {
        file: 'src/wheel/record-owner.ts',
        find: '    return this.rows.state.transaction(() => {\n      expectSweep(this.rows, nowMs)\n      return applyChanges',
        replace:
          '    return (<T>(work: () => T) => work())(() => {\n      expectSweep(this.rows, nowMs)\n      return applyChanges',
      },
      {
        file: 'src/wheel/apply-rows.ts',
        find: '  return rows.state.transaction(() => {\n    const { keysFromHour }',
        replace: '  return (<T>(work: () => T) => work())(() => {\n    const { keysFromHour }',
      },
      {
        file: 'src/wheel/apply-rows.ts',
        find: '    known.write()\n    const late = changes.length - timed.length\n    const dropped = change(rows, due, nowMs)',
        replace:
          '    rows.state.transaction(() => known.write())\n    const late = changes.length - timed.length\n    const dropped = rows.state.transaction(() => change(rows, due, nowMs))',
      },
    ],
    ...SCHEDULES,
  },
  {
    name: 'wrong-shard',
    edits: [
      {
        file: 'src/wheel/apply-owners.ts',
        find: 'add(shardOf(change.ids[0], shards), change)',
        replace: 'add(shardOf(change.ids[0], shards + 1) % shards, change)',
      },
    ],
    ...SCHEDULES,
  },
  {
    name: 'alarm-throws-instead-of-arming-again',
    edits: [
      {
        file: 'src/wheel/outbox.ts',
        find: '      await this.ctx.storage.setAlarm(Date.now() + delayMs)\n      try {',
        replace: '      void delayMs\n      try {',
      },
      {
        file: 'src/wheel/outbox.ts',
        find: '        this.#failures++\n',
        replace: '        this.#failures++\n        if (this.#failures > 0) throw error\n',
      },
    ],
    ...SCHEDULES,
  },
  {
    name: 'dead-letters-unread',
    edits: [
      {
        file: 'src/worker.ts',
        find: 'await collectDead(batch, { bucket })',
        replace: 'for (const message of batch.messages) message.ack()',
      },
    ],
    project: 'workers',
    test: 'test/workers/collect.test.ts',
    only: 'sets dead letters aside',
  },
  {
    name: 'accepted-before-durable',
    edits: [
      {
        file: 'src/http/events.ts',
        find: 'const { kept, lost } = await keep(sendOutcomes, judged)',
        replace:
          'void keep(sendOutcomes, judged)\n        const { kept, lost } = { kept: judged, lost: [] as RejectedEvent[] }',
      },
    ],
    project: 'node',
    test: 'test/http/events.test.ts',
  },
  {
    name: 'partial-send-ignored',
    edits: [
      {
        file: 'src/wheel/publisher.ts',
        find: 'groups.flatMap((group, i) => group.map(() => sent[i]))',
        replace: 'groups.flatMap((group) => group.map(() => sent.includes(true)))',
      },
    ],
    project: 'node',
    test: 'test/wheel/log.test.ts',
  },
  {
    name: 'part-named-by-time',
    edits: [
      {
        file: 'src/wheel/lake.ts',
        find: '    await contentHash(bytes),\n',
        replace: '    await contentHash(new TextEncoder().encode(String(Date.now()))),\n',
      },
    ],
    project: 'node',
    test: 'test/wheel/collect.test.ts',
  },
  {
    name: 'plain-abort-signal-to-redis',
    edits: [
      {
        file: 'src/store/redis.ts',
        find: '    signal: () => signal,\n',
        replace: '    signal,\n',
      },
    ],
    project: 'node',
    test: 'test/store/redis.test.ts',
  },
]
