import { describe, expect, it } from 'vitest'
import { boost } from '../../../stages/rank/boost.ts'
import { epsilonGreedy } from '../../../stages/rank/epsilon-greedy.ts'
import { maxPerGroup } from '../../../stages/rank/max-per-group.ts'
import { mmr } from '../../../stages/rank/mmr.ts'
import { pin } from '../../../stages/rank/pin.ts'
import { plackettLuce } from '../../../stages/rank/plackett-luce.ts'
import { topK } from '../../../stages/rank/top-k.ts'
import { chance, codes, draw, judge, numbers, Thing } from './slates.ts'

const always = { reads: {}, when: () => true }
const order = (chosen: ReturnType<typeof draw>) => chosen.choices.map(({ index }) => index)

describe('maxPerGroup', () => {
  const capped = (lists: string[], max: number, slots: number, ranker = topK()) => ({
    ranker,
    constraints: [maxPerGroup(Thing, 'tags', max)],
    columns: [codes(lists)],
    scores: Float64Array.from(lists, (_, row) => lists.length - row),
    slots,
  })

  it('lets a row wait when any of its groups is full', () => {
    expect(order(draw(capped(['ab', 'b', 'ac', 'c', ''], 1, 3)))).toEqual([0, 3, 4])
  })

  it('never chooses a blocked row unless nothing else is left', () => {
    const lists = ['ab', 'b', 'ac', 'c', '', 'd', 'a', 'abd', 'e']
    const setting = capped(lists, 2, 9, plackettLuce({ temperature: 5 }))
    for (let seed = 0; seed < 500; seed++) {
      const chosen = draw(setting, chance(seed))
      const counts = new Map<string, number>()
      chosen.choices.forEach(({ index }, i) => {
        const full = [...lists[index]].some((tag) => (counts.get(tag) ?? 0) >= 2)
        expect(full).toBe(chosen.relaxed.includes(i + 1))
        for (const tag of lists[index]) counts.set(tag, (counts.get(tag) ?? 0) + 1)
      })
    }
  })

  it('gives way rather than leave holes, and says where', () => {
    const chosen = draw(capped(['a', 'a', 'b'], 1, 3))
    expect(order(chosen)).toEqual([0, 2, 1])
    expect(chosen.relaxed).toEqual([3])
  })

  it('holds again after it gave way', () => {
    const setting = {
      ...capped(['a', 'a', 'a'], 1, 3),
      constraints: [maxPerGroup(Thing, 'tags', 1)],
    }
    expect(draw(setting).relaxed).toEqual([2, 3])
  })

  it('refuses a max below 1', () => {
    expect(() => maxPerGroup(Thing, 'tags', 0)).toThrow(/max/)
  })
})

describe('pin', () => {
  const pinned = (values: number[], slots: number) => ({
    ranker: epsilonGreedy({ epsilon: 0.5 }),
    constraints: [pin({ 2: 'x' }), maxPerGroup(Thing, 'tags', 1)],
    columns: [numbers(values), codes(values.map(() => 'a'))],
    scores: Float64Array.from(values, (_, row) => values.length - row),
    slots,
  })

  it('puts the row at its position with propensity 1, and nowhere else', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { choices } = draw(pinned([0, 0, 0, 2], 2), chance(seed))
      expect(choices[1]).toEqual({ index: 3, propensity: 1 })
      expect(choices[0].index).not.toBe(3)
    }
  })

  it('keeps its row even where other rules give way before its position', () => {
    for (let seed = 0; seed < 100; seed++) {
      const { choices, relaxed } = draw(pinned([0, 0, 3], 3), chance(seed))
      expect(choices[2]).toEqual({ index: 2, propensity: 1 })
      expect(relaxed).toEqual([2])
    }
  })

  it('lets its row in elsewhere where the page is too short for its position', () => {
    const chosen = draw(pinned([9, 9], 10))
    expect(chosen.choices).toHaveLength(2)
    expect(chosen.relaxed).toEqual([1, 2])
  })

  it('leaves the position to the ranker where the candidate is not in the pool', () => {
    expect(order(draw({ ...pinned([0, 0], 2), ranker: topK() }))).toEqual([0, 1])
  })

  it('says that any other row at its position was impossible', () => {
    expect([...judge(pinned([0, 0, 0, 2], 2), [0, 1])]).toEqual([0.5 + 0.5 / 3, 0])
  })

  it('refuses positions below 1 and an id twice', () => {
    expect(() => pin({ 0: 'a' })).toThrow(/position/)
    expect(() => pin({ 1: 'a', 2: 'a' })).toThrow(/once/)
  })
})

describe('boost', () => {
  it('lifts rows by a constant before the draw', () => {
    const setting = {
      ranker: plackettLuce({ temperature: 1 }),
      constraints: [boost('two', { ...always, by: Math.log(3) })],
      columns: [numbers([0, 1])],
      scores: Float64Array.of(0, 0),
      slots: 1,
    }
    expect(judge(setting, [1])[0]).toBeCloseTo(0.75, 12)
  })
})

describe('mmr', () => {
  const scores = Float64Array.of(1, 0.9, 0.5, 0.45)
  const lists = ['ab', 'ab', 'c', 'cd']

  it('takes the similarity to the picks off the score', () => {
    const setting = {
      ranker: topK(),
      constraints: [mmr(Thing, 'tags', { lambda: 0.5 })],
      columns: [codes(lists)],
      scores,
      slots: 4,
    }
    // Second slot: 0.45 − 0.5, 0.25, 0.225; third: −0.05, 0.225 − 0.25.
    expect(order(draw(setting))).toEqual([0, 2, 3, 1])
  })

  it('is the identity at lambda 1', () => {
    const plain = { ranker: plackettLuce({ temperature: 1 }), scores, slots: 4 }
    const ruled = {
      ...plain,
      constraints: [mmr(Thing, 'tags', { lambda: 1 })],
      columns: [codes(lists)],
    }
    expect(draw(ruled, chance(2))).toEqual(
      draw({ ...plain, constraints: [], columns: [] }, chance(2)),
    )
  })

  it('works on boosted utilities where it is listed after a boost', () => {
    const rules = [
      boost('last', { ...always, by: 1 }),
      mmr(Thing, 'tags', { lambda: 0.5 }),
    ] as const
    const columns = [numbers([0, 0, 0, 1]), codes(lists)] as const
    const base = { ranker: plackettLuce({ temperature: 1 }), scores, slots: 2 }
    const after = judge({ ...base, constraints: rules, columns }, [0, 3])
    const utilities = [0.45 - 0.5, 0.25, 0.225 + 0.5].map(Math.exp)
    expect(after[1]).toBeCloseTo(utilities[2] / (utilities[0] + utilities[1] + utilities[2]), 12)
  })

  it('counts the same with more than 32 values as with few', () => {
    const random = chance(8)
    const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
    const some = Array.from({ length: 40 }, () =>
      [...new Set(Array.from({ length: 3 }, () => letters[random.below(12)]))].join(''),
    )
    const setting = (tags: string[]) => ({
      ranker: topK(),
      constraints: [mmr(Thing, 'tags', { lambda: 0.3 })],
      columns: [codes(tags)],
      scores: Float64Array.from(tags, () => 0).map((_, row) => (row * 7919) % 13),
      slots: 40,
    })
    // One worst row carries all letters beyond those in use.
    const many = [...some, letters.slice(12)]
    const few = [...some, 'z']
    expect(order(draw(setting(many))).filter((row) => row < 40)).toEqual(
      order(draw(setting(few))).filter((row) => row < 40),
    )
  })
})
