import * as z from 'zod'
import {
  type Constraint,
  choose,
  defineEntity,
  propensitiesOf,
  type RankColumn,
  type Ranker,
} from '../../../src/core/index.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { boost } from '../../../stages/rank/boost.ts'
import { epsilonGreedy } from '../../../stages/rank/epsilon-greedy.ts'
import { maxPerGroup } from '../../../stages/rank/max-per-group.ts'
import { mmr } from '../../../stages/rank/mmr.ts'
import { pin } from '../../../stages/rank/pin.ts'
import { plackettLuce } from '../../../stages/rank/plackett-luce.ts'
import { proportional } from '../../../stages/rank/proportional.ts'
import { topK } from '../../../stages/rank/top-k.ts'

export const Thing = defineEntity('thing', {
  layout: 'paged',
  owner: 'tests',
  attributes: { tags: z.array(z.string()), brand: z.string(), price: z.number() },
})

/** Everything that a choice depends on. */
export interface Setting {
  readonly ranker: Ranker
  readonly constraints: readonly Constraint[]
  readonly columns: readonly RankColumn[]
  readonly scores: Float64Array
  readonly slots: number
}

/** A generator of chance from a small number. */
export function chance(seed: number) {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(0, seed)
  return seededRandom(bytes)
}

export function draw(setting: Setting, random = chance(1)) {
  const { ranker, constraints, columns, scores, slots } = setting
  return choose(ranker, constraints, columns, scores, slots, random)
}

export function judge(setting: Setting, list: ArrayLike<number>) {
  const { ranker, constraints, columns, scores } = setting
  return propensitiesOf(ranker, constraints, columns, scores, list)
}

export function numbers(values: readonly number[]): RankColumn {
  return { kind: 'numbers', values: Float64Array.from(values) }
}

/** A column of codes from lists of letters. */
export function codes(lists: readonly string[]): RankColumn {
  const dictionary = [...new Set(lists.join(''))]
  const offsets = new Int32Array(lists.length + 1)
  lists.forEach((list, row) => {
    offsets[row + 1] = offsets[row] + list.length
  })
  return {
    kind: 'codes',
    offsets,
    codes: Int32Array.from([...lists.join('')], (tag) => dictionary.indexOf(tag)),
    dictionary,
  }
}

export const rankers: readonly Ranker[] = [
  topK(),
  epsilonGreedy({ epsilon: 0.3 }),
  proportional({ power: 3 }),
  plackettLuce({ temperature: 0.7 }),
]

const TAGS = ['ab', 'b', 'a', '', 'cd', 'abc', 'd', 'a', 'bd', 'c']

/** Sets of rules, each with what it reads of `rows` candidates. */
export function ruleSets(rows: number): { name: string; of: [Constraint, RankColumn][] }[] {
  const tags = codes(Array.from({ length: rows }, (_, row) => TAGS[row % TAGS.length]))
  const odd = numbers(Array.from({ length: rows }, (_, row) => row % 2))
  const second = numbers(Array.from({ length: rows }, (_, row) => (row === 3 ? 2 : 0)))
  const capped: [Constraint, RankColumn] = [maxPerGroup(Thing, 'tags', 1), tags]
  const diverse: [Constraint, RankColumn] = [mmr(Thing, 'tags', { lambda: 0.5 }), tags]
  const raised: [Constraint, RankColumn] = [
    boost('odd', { reads: {}, by: 0.8, when: () => true }),
    odd,
  ]
  const pinned: [Constraint, RankColumn] = [pin({ 2: 'x' }), second]
  return [
    { name: 'no rule', of: [] },
    { name: 'max per group', of: [capped] },
    { name: 'mmr', of: [diverse] },
    { name: 'boost', of: [raised] },
    { name: 'pin', of: [pinned] },
    { name: 'all of them', of: [pinned, raised, diverse, capped] },
    { name: 'mmr, then boost', of: [diverse, raised] },
  ]
}

/** Every ranker under every set of rules. */
export function settings(scores: readonly number[], slots: number): [string, Setting][] {
  return rankers.flatMap((ranker) =>
    ruleSets(scores.length).map(({ name, of }): [string, Setting] => [
      `${ranker.name}, ${name}`,
      {
        ranker,
        constraints: of.map(([constraint]) => constraint),
        columns: of.map(([, column]) => column),
        scores: Float64Array.from(scores),
        slots,
      },
    ]),
  )
}
