import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { processCpuNs } from '../measure/process-cpu.ts'
import { compatibilityDate } from './bundle.ts'

/** What a Worker is bound to. */
export interface Bindings {
  readonly vars?: Readonly<Record<string, string>>
  /** KV namespaces by binding: `host:port` of a server that speaks its protocol. */
  readonly kv?: Readonly<Record<string, string>>
  /** Queues that are sent to, by binding: `host:port` of a server that takes everything. */
  readonly queues?: Readonly<Record<string, string>>
  /** Buckets by binding: `host:port`; nothing here may read them. */
  readonly buckets?: Readonly<Record<string, string>>
  /** SQLite-backed object classes by binding, gone when it stops. */
  readonly objects?: Readonly<Record<string, string>>
}

/** A Worker served by a workerd of its own, with nothing in between. */
export interface Served {
  readonly port: number
  /** CPU its process has used, in ns. */
  cpuNs(): number
  stop(): Promise<void>
}

const workerdPath: string = createRequire(createRequire(import.meta.url).resolve('wrangler'))(
  'workerd',
).default

/** Serves one module; resolves when it listens. `more`: further arguments of workerd, to profile it. */
export async function serve(
  module: string,
  bindings: Bindings = {},
  more: readonly string[] = [],
): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'edgewheel-workerd-'))
  writeFileSync(join(folder, 'worker.js'), module)
  const objects = join(folder, 'objects')
  mkdirSync(objects)
  writeFileSync(join(folder, 'config.capnp'), configOf(bindings, objects))
  const child = spawn(
    workerdPath,
    ['serve', join(folder, 'config.capnp'), '--control-fd=3', ...more],
    {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    },
  )
  const stopped = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill()
    await stopped
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const port = await listening(child)
    return { port, cpuNs: () => processCpuNs(child.pid as number), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The port, from the first message on the control descriptor. */
function listening(child: ChildProcess): Promise<number> {
  const control = child.stdio[3] as Readable
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`workerd ended with exit status ${code}`)))
    child.once('error', reject)
    let text = ''
    control.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      for (const line of text.split('\n').slice(0, -1)) {
        const message = JSON.parse(line)
        if (message.event === 'listen') resolve(message.port)
      }
      text = text.slice(text.lastIndexOf('\n') + 1)
    })
  })
}

function configOf(
  { vars = {}, kv = {}, queues = {}, buckets = {}, objects = {} }: Bindings,
  folder: string,
) {
  const service = (name: string) => quoted(`at-${name}`)
  const bound = [
    ...Object.entries(vars).map(([name, value]) => [name, `text = ${quoted(value)}`]),
    ...Object.keys(kv).map((name) => [name, `kvNamespace = ${service(name)}`]),
    ...Object.keys(queues).map((name) => [name, `queue = ${service(name)}`]),
    ...Object.keys(buckets).map((name) => [name, `r2Bucket = ${service(name)}`]),
    ...Object.entries(objects).map(([name, className]) => [
      name,
      `durableObjectNamespace = ${quoted(className)}`,
    ]),
  ].map(([name, what]) => `(name = ${quoted(name)}, ${what})`)
  const classes = Object.values(objects).map(
    (className) =>
      `(className = ${quoted(className)}, uniqueKey = ${quoted(className)}, enableSql = true)`,
  )
  const external = Object.entries({ ...kv, ...queues, ...buckets }).map(
    ([name, address]) =>
      `(name = ${service(name)}, external = (address = ${quoted(address)}, http = ()))`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = ${quoted(compatibilityDate)},
      bindings = [${bound.join(', ')}],
      durableObjectNamespaces = [${classes.join(', ')}],
      durableObjectStorage = (localDisk = "objects")
    )),
    (name = "objects", disk = (path = ${quoted(folder)}, writable = true)),
    ${external.map((service) => `${service},`).join('\n    ')}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
`
}

/** Text as Cap'n Proto writes it. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
