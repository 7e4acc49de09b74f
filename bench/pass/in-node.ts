import { ownCpuNs } from '../measure/process-cpu.ts'
import { type ChainModule, contestOf, LIMIT } from './contest.ts'
import { onnxPass } from './onnx.ts'

/** What a process of one contender does: the whole pass, or only the scores of a ready matrix. */
export type Task = 'pass' | 'score'

/** What the parent asks: so many times a task. */
export interface Order {
  readonly task: Task
  readonly times: number
}

/** The first message of a process. Null where the contender is not installed. */
export interface Ready {
  readonly page: readonly string[] | null
}

/** The answer to an order. */
export interface Done {
  readonly cpuNs: number
}

type Work = Readonly<Partial<Record<Task, () => unknown>>>

async function workOf(contender: string, chain: ChainModule, rows: number): Promise<Work | null> {
  const { catalogue, engine, objects } = contestOf(chain, rows)
  if (contender === 'edgewheel') return { pass: () => engine.run(LIMIT), score: engine.score }
  if (contender === 'objects') return { pass: () => objects(LIMIT) }
  const layout = contender === 'onnx-rows' ? 'rows' : 'features'
  const onnx = await onnxPass(catalogue, chain.plainChain.length, layout)
  return onnx && { pass: () => onnx.run(LIMIT), score: onnx.score }
}

async function measured(once: () => unknown, times: number): Promise<Done> {
  const before = ownCpuNs()
  for (let i = 0; i < times; i++) {
    const result = once()
    if (result instanceof Promise) await result
  }
  return { cpuNs: ownCpuNs() - before }
}

// A process each, so that nobody's garbage or warmth is on another's account.
const [contender, chainPath, rows] = process.argv.slice(2)
const work = await workOf(contender, (await import(chainPath)) as ChainModule, Number(rows))
process.on('message', async ({ task, times }: Order) => {
  const once = work?.[task]
  if (once) process.send?.(await measured(once, times))
})
process.send?.({ page: ((await work?.pass?.()) as string[] | undefined) ?? null } satisfies Ready)
