import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineEvent, readEventValue } from '../../src/core/event.ts'
import type { EventView } from '../../src/core/event-envelope.ts'
import { checkOutcomes, isOutcome, outcome, receiptLifeMs } from '../../src/core/event-outcome.ts'
import { events, outcomes } from '../../stages/events.ts'

const DAY_MS = 86_400_000
const AT_MS = 1_790_000_000_000

function rated(value: number, timeMs: number): EventView {
  return {
    ...{ id: 'e', type: 'rate', item: '1', user: null, position: null, value, timeMs },
    ...{ useCase: null, variant: null, model: null, properties: {} },
  }
}

describe('an outcome', () => {
  const [, rateUp] = outcomes

  it('is an event that its predicate keeps, within its window of the decision', () => {
    expect(rateUp.name).toBe('rate_up')
    expect(isOutcome(rateUp, rated(4, AT_MS), AT_MS)).toBe(true)
    expect(isOutcome(rateUp, rated(4, AT_MS + 7 * DAY_MS), AT_MS)).toBe(true)
    expect(isOutcome(rateUp, rated(4, AT_MS + 7 * DAY_MS + 1), AT_MS)).toBe(false)
    expect(isOutcome(rateUp, rated(4, AT_MS - 1), AT_MS)).toBe(false)
    expect(isOutcome(rateUp, rated(3.5, AT_MS), AT_MS)).toBe(false)
    expect(isOutcome(rateUp, rated(Number.NaN, AT_MS), AT_MS)).toBe(false)
    expect(isOutcome(rateUp, { ...rated(4, AT_MS), type: 'click' }, AT_MS)).toBe(false)
  })

  it('keeps receipts alive for the longest window and a day', () => {
    expect(receiptLifeMs(outcomes)).toBe(8 * DAY_MS)
    expect(receiptLifeMs([])).toBe(DAY_MS)
  })

  it('cannot outlast what duplicates are known for', () => {
    expect(() => outcome('bought', 'purchase', { within: '13d' })).not.toThrow()
    expect(() => outcome('bought', 'purchase', { within: '14d' })).toThrow(/at most 13d/)
    expect(() => outcome('bought', 'purchase', { within: '0s' })).toThrow(/above 0/)
    expect(() => outcome('bought', 'purchase', { within: '1.5d' })).toThrow(/no duration/)
  })

  it('is of an event that exists, under a name of its own', () => {
    expect(() => checkOutcomes(outcomes, events)).not.toThrow()
    expect(() => checkOutcomes([outcome('x', 'clik', { within: '1d' })], events)).toThrow(
      /outcome x: there is no event 'clik'; there are impression, click, rate, dismiss/,
    )
    expect(() => checkOutcomes([rateUp, rateUp], events)).toThrow(/two outcomes/)
    expect(() => checkOutcomes([], [...events, events[0]])).toThrow(/two events/)
  })
})

describe('an event', () => {
  it('is declared with a name, an owner, and items where it counts once or tells of many', () => {
    expect(() => defineEvent('Click', { owner: 'web' })).toThrow(/snake_case/)
    expect(() => defineEvent('click', { owner: '' })).toThrow(/owner/)
    expect(() => defineEvent('login', { owner: 'web', item: null, once: true })).toThrow(/item/)
    expect(defineEvent('login', { owner: 'web', item: null })).toMatchObject({
      ...{ item: null, user: 'user', once: false, many: null, value: null },
    })
  })

  it('has a value of its type, finite and at most 1e9, or none', () => {
    const [, click, rate] = events
    expect(readEventValue(rate, 4.5)).toEqual({ value: 4.5 })
    expect(readEventValue(rate, 6)).toHaveProperty('problem')
    expect(readEventValue(rate, undefined)).toHaveProperty('problem')
    expect(readEventValue(click, null)).toEqual({ value: null })
    for (const value of ['4', Number.NaN, 1e10, Number.POSITIVE_INFINITY, {}])
      expect(readEventValue(click, value)).toHaveProperty('problem')
    const optional = defineEvent('tip', { owner: 'web', value: z.number().optional() })
    expect(readEventValue(optional, undefined)).toEqual({ value: null })
  })
})
