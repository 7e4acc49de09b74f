import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineEntity } from '../../src/core/entity.ts'
import { recordView, unknownRecord } from '../../src/core/record.ts'
import { storedValues } from '../fixtures/catalogue.ts'

const plain = { layout: 'paged', owner: 'tests' } as const

describe('defineEntity', () => {
  it('finds the kind of each field through optional, nullable and default', () => {
    const entity = defineEntity('thing', {
      ...plain,
      attributes: {
        number: z.number().optional(),
        whole: z.int(),
        flag: z.boolean().nullable(),
        text: z.string().default('x'),
        choice: z.enum(['a', 'b']),
        word: z.literal('a'),
        texts: z.array(z.string()).readonly(),
        numbers: z.array(z.number()),
      },
    })
    expect([...entity.fields.values()].map(({ name, kind }) => [name, kind])).toEqual([
      ['number', 'number'],
      ['whole', 'number'],
      ['flag', 'boolean'],
      ['text', 'string'],
      ['choice', 'string'],
      ['word', 'string'],
      ['texts', 'strings'],
      ['numbers', 'numbers'],
    ])
  })

  it('refuses shapes that no column holds, and names the attribute', () => {
    for (const schema of [
      z.object({}),
      z.date(),
      z.union([z.string(), z.number()]),
      z.array(z.boolean()),
      z.literal(1),
      z.null(),
    ])
      expect(() => defineEntity('thing', { ...plain, attributes: { odd: schema } })).toThrow(
        /entity thing, attribute odd: a field is a number, boolean, string, or a list/,
      )
  })

  it('refuses names and shards that cannot be stored', () => {
    const attributes = { a: z.number() }
    expect(() => defineEntity('Thing', { ...plain, attributes })).toThrow(/entity 'Thing'/)
    expect(() => defineEntity('thing', { ...plain, attributes: { isNew: z.number() } })).toThrow(
      /attribute isNew: use snake_case/,
    )
    expect(() => defineEntity('thing', { ...plain, owner: '', attributes })).toThrow(/owner/)
    for (const shards of [0, 1.5, 257, Number.NaN])
      expect(() => defineEntity('thing', { ...plain, attributes, shards })).toThrow(/shards/)
  })

  it('makes public what is declared so, and nothing else', () => {
    const attributes = { a: z.number(), b: z.number() }
    const open = (declared?: 'all' | readonly ('a' | 'b')[]) =>
      [...defineEntity('thing', { ...plain, attributes, public: declared }).fields.values()]
        .filter((field) => field.public)
        .map(({ name }) => name)
    expect(open()).toEqual([])
    expect(open(['b'])).toEqual(['b'])
    expect(open('all')).toEqual(['a', 'b'])
  })

  it('changes its fingerprint with its fields', () => {
    const one = defineEntity('thing', { ...plain, attributes: { a: z.number() } })
    const other = defineEntity('thing', { ...plain, attributes: { a: z.string() } })
    expect(one.fingerprint).not.toBe(other.fingerprint)
  })
})

describe('a record', () => {
  const stored = storedValues({ a: 1, b: null, c: 3, d: 4 }, { c: 'stale', d: 'defaulted' })

  it('gives present and defaulted values, and says the status of all', () => {
    const record = recordView('x', stored)
    expect(['a', 'b', 'c', 'd', 'e'].map((field) => record.value(field))).toEqual([
      1,
      undefined,
      undefined,
      4,
      undefined,
    ])
    expect(['a', 'b', 'c', 'd', 'e'].map((field) => record.status(field))).toEqual([0, 1, 3, 4, 2])
  })

  it('is overlaid by what the request says, null included', () => {
    const record = recordView(
      'x',
      stored,
      new Map([
        ['a', null],
        ['e', 5],
      ]),
    )
    expect([record.value('a'), record.status('a')]).toEqual([undefined, 1])
    expect([record.value('e'), record.status('e')]).toEqual([5, 0])
  })

  it('misses everything where nobody knows it', () => {
    expect(unknownRecord('x').value('a')).toBeUndefined()
    expect(unknownRecord('x').status('a')).toBe(2)
  })
})
