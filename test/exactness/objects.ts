import { type CallFault, Crash, Disk, SqliteStorage } from './sqlite-storage.ts'

/** The class of an object, as the platform makes its instances. */
export type ObjectClass = new (ctx: DurableObjectState, env: never) => object

/** What goes wrong in a call; `unreachable`: it never arrives. */
export type Fault = CallFault | { readonly kind: 'unreachable' } | null

interface Instance {
  readonly object: Record<string, (...given: unknown[]) => Promise<unknown>>
  readonly storage: SqliteStorage
  /** Rejects when the object goes down. */
  readonly down: Promise<never>
}

/** How often the platform runs an alarm again that throws. */
const ALARM_RETRIES = 6

/** One object of the platform: instances come and go, its disk stays. */
export class SimulatedObject {
  readonly disk = new Disk()
  readonly #make: (ctx: DurableObjectState) => object
  readonly #name: string
  #instance: Instance | null = null
  #failedAlarms = 0

  constructor(name: string, make: (ctx: DurableObjectState) => object) {
    this.#name = name
    this.#make = make
  }

  async call(method: string, given: readonly unknown[], fault: Fault): Promise<unknown> {
    if (fault?.kind === 'unreachable') throw new Error(`${this.#name} cannot be reached`)
    const instance = this.#running(fault)
    const answer = instance.object[method](...given)
    const result = await Promise.race([answer, instance.down])
    if (instance.storage.dead) throw new Crash(`${this.#name} is down`)
    instance.storage.expect(null)
    return result
  }

  /** Runs the alarm if it is due; whether it was. */
  async alarm(nowMs: number, fault: Fault): Promise<boolean> {
    const { alarmMs } = this.disk
    if (alarmMs === null || alarmMs > nowMs) return false
    this.disk.alarmMs = null
    try {
      await this.call('alarm', [], fault?.kind === 'unreachable' ? null : fault)
      this.#failedAlarms = 0
    } catch (error) {
      const mayRunAgain = error instanceof Crash || ++this.#failedAlarms <= ALARM_RETRIES
      if (this.disk.alarmMs === null && mayRunAgain)
        this.disk.alarmMs = nowMs + 2_000 * 2 ** this.#failedAlarms
    }
    return true
  }

  /** Goes down in the midst of whatever it does. */
  crash(): void {
    this.#instance?.storage.crash()
  }

  close(): void {
    this.#instance = null
    this.disk.statements.clear()
    this.disk.database.close()
  }

  #running(fault: CallFault | null): Instance {
    if (this.#instance) {
      this.#instance.storage.expect(fault)
      return this.#instance
    }
    const { promise: down, reject } = Promise.withResolvers<never>()
    down.catch(() => {})
    const storage = new SqliteStorage(this.disk, () => {
      this.#instance = null
      reject(new Crash(`${this.#name} went down`))
    })
    storage.expect(fault)
    const state = { storage, id: { name: this.#name } } as unknown as DurableObjectState
    const object = this.#make(state) as Instance['object']
    this.#instance = { object, storage, down }
    return this.#instance
  }
}

/** All objects of one class by name, each made when it is first called. */
export class SimulatedNamespace {
  readonly objects = new Map<string, SimulatedObject>()
  readonly #make: (ctx: DurableObjectState) => object
  readonly #faultOf: () => Fault

  constructor(make: (ctx: DurableObjectState) => object, faultOf: () => Fault) {
    this.#make = make
    this.#faultOf = faultOf
  }

  object(name: string): SimulatedObject {
    const known = this.objects.get(name) ?? new SimulatedObject(name, this.#make)
    this.objects.set(name, known)
    return known
  }

  /** Stubs as the platform hands them out, for one caller: `through` says when that one goes down. */
  stubs<Rpc extends Rpc.DurableObjectBranded>(
    through: <T>(work: () => Promise<T>) => Promise<T> = (work) => work(),
  ): DurableObjectNamespace<Rpc> {
    const getByName = (name: string) =>
      new Proxy(
        {},
        {
          get:
            (_, method: string) =>
            (...given: unknown[]) =>
              through(() => this.object(name).call(method, given, this.#faultOf())),
        },
      )
    return { getByName } as unknown as DurableObjectNamespace<Rpc>
  }

  close(): void {
    for (const object of this.objects.values()) object.close()
  }
}
