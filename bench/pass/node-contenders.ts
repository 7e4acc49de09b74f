import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Contender } from '../measure/paired.ts'
import type { Done, Order, Ready, Task } from './in-node.ts'

/** A contender in a Node process of its own. */
export interface NodeContender {
  /** Null where it is not installed; then it has no tasks. */
  readonly page: readonly string[] | null
  task(name: string, task: Task): Contender
  stop(): void
}

/** Starts a contender. */
export async function nodeContender(
  contender: 'edgewheel' | 'objects' | 'onnx-rows' | 'onnx-features',
  chainPath: string,
  rows: number,
): Promise<NodeContender> {
  const script = fileURLToPath(new URL('./in-node.ts', import.meta.url).href)
  const child = fork(script, [contender, chainPath, String(rows)])
  const { page } = await answerOf<Ready>(child)
  return {
    page,
    task: (name, task) => ({
      name,
      async run(times) {
        child.send({ task, times } satisfies Order)
        return (await answerOf<Done>(child)).cpuNs
      },
    }),
    stop: () => child.kill(),
  }
}

/** The next message. Rejects where the process ends first. */
function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) =>
      reject(new Error(`a contender ended with exit status ${code}`))
    child.once('exit', ended)
    child.once('message', (answer) => {
      child.off('exit', ended)
      resolve(answer as T)
    })
  })
}
