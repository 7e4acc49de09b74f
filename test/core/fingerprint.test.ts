import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineEntity } from '../../src/core/entity.ts'
import { canonicalJson, fingerprint } from '../../src/core/fingerprint.ts'
import { context, derive, given, type Reads, recent } from '../../src/core/read.ts'
import { category, feature } from '../../src/core/stage.ts'

const Thing = defineEntity('thing', {
  layout: 'paged',
  owner: 'tests',
  attributes: { a: z.number(), b: z.number() },
})

function hashOf(name: string, reads: Reads, version?: number): string {
  return feature(name, { reads, version, fallback: 0, compute: () => 1 }).hash
}

describe('fingerprint', () => {
  it('is 16 hex digits, the same for equal values whatever the order of their keys', () => {
    expect(fingerprint({ a: 1, b: [{ c: 2, d: 3 }] })).toMatch(/^[0-9a-f]{16}$/)
    expect(fingerprint({ b: [{ d: 3, c: 2 }], a: 1 })).toBe(
      fingerprint({ a: 1, b: [{ c: 2, d: 3 }] }),
    )
  })

  it('differs where a value, a key or the order of a list does', () => {
    const prints = [{ a: 1 }, { a: '1' }, { b: 1 }, { a: [1, 2] }, { a: [2, 1] }, { a: [12] }, {}]
    expect(new Set(prints.map(fingerprint)).size).toBe(prints.length)
  })

  it('takes an undefined property for an absent one', () => {
    expect(canonicalJson({ b: undefined, a: [undefined, null] })).toBe('{"a":[null,null]}')
  })
})

describe('the hash of a feature', () => {
  it('does not depend on the order in which reads, fields and shapes are written', () => {
    const item = Thing.pick('a', 'b')
    expect(hashOf('x', { thing: item, recent })).toBe(
      hashOf('x', { recent, thing: Thing.pick('b', 'a') }),
    )
    const [p, q] = [z.string(), z.number()]
    expect(hashOf('x', { page: context({ p, q }) })).toBe(hashOf('x', { page: context({ q, p }) }))
    expect(hashOf('x', { sent: given({ p, q }) })).toBe(hashOf('x', { sent: given({ q, p }) }))
  })

  it('changes with name, version, kind and reads, and with a derived value’s version', () => {
    const derived = (version: number) =>
      derive('d', { version, reads: { recent }, compute: () => 1 })
    const hashes = [
      hashOf('x', { thing: Thing.pick('a') }),
      hashOf('y', { thing: Thing.pick('a') }),
      hashOf('x', { thing: Thing.pick('a') }, 2),
      hashOf('x', { thing: Thing.pick('b') }),
      hashOf('x', { thing: Thing.maybe('a') }),
      hashOf('x', { other: Thing.pick('a') }),
      hashOf('x', { d: derived(1) }),
      hashOf('x', { d: derived(2) }),
      category('x', { reads: { thing: Thing.pick('a') }, fallback: [], compute: () => 'a' }).hash,
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('is version 1 where none is written', () => {
    expect(hashOf('x', {})).toBe(hashOf('x', {}, 1))
  })
})
