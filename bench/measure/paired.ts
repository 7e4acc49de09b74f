/** One side of a comparison: runs `times` operations and answers the CPU that they took, in ns. */
export interface Contender {
  readonly name: string
  run(times: number): Promise<number>
}

/** How long a comparison takes, in CPU of the contenders: the machine may be busy with other things. */
export interface Effort {
  readonly rounds: number
  /** Each contender runs at least this long before anything counts. */
  readonly warmUpMs: number
  /** Each contender runs about this long per round. */
  readonly batchMs: number
}

/** What a full run takes, and what a smoke test does. */
export const FULL: Effort = { rounds: 9, warmUpMs: 1_500, batchMs: 100 }
export const QUICK: Effort = { rounds: 2, warmUpMs: 5, batchMs: 3 }

/** A middle and how far the values lie apart. */
export interface Spread {
  readonly median: number
  readonly lowerQuartile: number
  readonly upperQuartile: number
}

/** CPU of one operation by contender, in µs, round by round: values of one round belong together. */
export interface Rounds {
  readonly names: readonly string[]
  readonly cpuUs: readonly (readonly number[])[]
}

/**
 * Measures contenders against each other: all are warmed up, then run in turn, the order reversed in
 * every other round, so that what the machine does meanwhile meets all of them alike.
 */
export async function interleaved(
  contenders: readonly Contender[],
  { rounds, warmUpMs, batchMs }: Effort,
): Promise<Rounds> {
  const times: number[] = []
  for (const contender of contenders) times.push(await warmedUp(contender, warmUpMs, batchMs))
  const cpuUs: number[][] = contenders.map(() => [])
  for (let round = 0; round < rounds; round++) {
    const order = contenders.map((_, i) => (round % 2 === 0 ? i : contenders.length - 1 - i))
    for (const i of order) cpuUs[i].push((await contenders[i].run(times[i])) / times[i] / 1000)
  }
  return { names: contenders.map(({ name }) => name), cpuUs }
}

/** Runs a contender until it is warm; the number of operations that make a batch. */
async function warmedUp(contender: Contender, warmUpMs: number, batchMs: number): Promise<number> {
  let spentMs = 0
  let times = 1
  for (;;) {
    const tookMs = Math.max(0.001, (await contender.run(times)) / 1e6)
    spentMs += tookMs
    const wanted = Math.max(1, Math.round((times * batchMs) / tookMs))
    if (spentMs >= warmUpMs) return wanted
    times = Math.min(times * 4, wanted)
  }
}

/** CPU of one operation of a contender, in µs. */
export function cpuOf({ names, cpuUs }: Rounds, name: string): Spread {
  return spread(cpuUs[names.indexOf(name)])
}

/** How many times the CPU of `base` `name` takes: of each round its own ratio. */
export function ratioOf({ names, cpuUs }: Rounds, name: string, base: string): Spread {
  const of = cpuUs[names.indexOf(name)]
  return spread(cpuUs[names.indexOf(base)].map((value, round) => of[round] / value))
}

/** How much more CPU `name` takes than `base`, in µs: of each round its own difference. */
export function differenceOf({ names, cpuUs }: Rounds, name: string, base: string): Spread {
  const of = cpuUs[names.indexOf(name)]
  return spread(cpuUs[names.indexOf(base)].map((value, round) => of[round] - value))
}

/** Median and quartiles, between neighbours by linear interpolation. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => {
    const place = share * (sorted.length - 1)
    const low = Math.floor(place)
    const high = Math.ceil(place)
    return sorted[low] + (sorted[high] - sorted[low]) * (place - low)
  }
  return { median: at(0.5), lowerQuartile: at(0.25), upperQuartile: at(0.75) }
}
