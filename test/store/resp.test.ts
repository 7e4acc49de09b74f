import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCommand, type Reply, RespParser } from '../../scripts/redis-rest/resp.ts'

const anyBytes = fc.uint8Array({ maxLength: 40 })
const line = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\r\n]/.test(text))

const anyReply = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ type: fc.constant('simple' as const), value: line }),
    fc.record({ type: fc.constant('error' as const), value: line }),
    fc.record({
      type: fc.constant('integer' as const),
      value: fc.maxSafeInteger().map((n) => n || 0),
    }),
    fc.record({ type: fc.constant('bulk' as const), value: fc.option(anyBytes) }),
    fc.record({
      type: fc.constant('array' as const),
      value: fc.option(fc.array(tie('reply'), { maxLength: 4 })),
    }),
  ),
})).reply

describe('RespParser', () => {
  it('reads back any commands, however their bytes are cut', () => {
    const commands = fc.array(fc.array(anyBytes, { minLength: 1, maxLength: 4 }), { maxLength: 4 })
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 })
    fc.assert(
      fc.property(commands, cuts, (given, sizes) => {
        const bytes = Buffer.concat(given.map(encodeCommand))
        expect(parse(bytes, sizes)).toEqual(given.map((command) => array(command.map(bulk))))
      }),
    )
  })

  it('reads any replies byte by byte', () => {
    fc.assert(
      fc.property(fc.array(anyReply, { maxLength: 5 }), (replies) => {
        expect(parse(Buffer.concat(replies.map(encodeReply)), [1])).toEqual(replies)
      }),
    )
  })

  it('tells null from empty, in strings and in arrays', () => {
    expect(parse(Buffer.from('$-1\r\n$0\r\n\r\n*-1\r\n*0\r\n'), [100])).toEqual([
      bulk(null),
      bulk(new Uint8Array()),
      { type: 'array', value: null },
      array([]),
    ])
  })

  it('does not take a line end inside a string for its end', () => {
    const value = Buffer.from('a\r\n$5\r\n')
    expect(parse(encodeCommand([value]), [1])).toEqual([array([bulk(new Uint8Array(value))])])
  })

  for (const text of ['?1\r\n', '$x\r\n', ':\r\n', '$1\r\nab\r', '$1\r\nabc', '+OK\n']) {
    it(`throws at ${JSON.stringify(text)}`, () => {
      expect(() => parse(Buffer.from(text), [1])).toThrow('RESP')
    })
  }
})

it('encodes text as UTF-8 and counts bytes, not characters', () => {
  expect(Buffer.from(encodeCommand(['é', new Uint8Array([255])])).toString('latin1')).toBe(
    '*2\r\n$2\r\n\xc3\xa9\r\n$1\r\n\xff\r\n',
  )
})

function parse(bytes: Uint8Array, sizes: readonly number[]): Reply[] {
  const parser = new RespParser()
  const replies: Reply[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]
    replies.push(...parser.push(bytes.subarray(at, at + size)))
    at += size
  }
  return replies
}

function encodeReply(reply: Reply): Buffer {
  switch (reply.type) {
    case 'simple':
      return Buffer.from(`+${reply.value}\r\n`)
    case 'error':
      return Buffer.from(`-${reply.value}\r\n`)
    case 'integer':
      return Buffer.from(`:${reply.value}\r\n`)
    case 'bulk':
      if (reply.value === null) return Buffer.from('$-1\r\n')
      return Buffer.concat([
        Buffer.from(`$${reply.value.length}\r\n`),
        reply.value,
        Buffer.from('\r\n'),
      ])
    case 'array':
      if (reply.value === null) return Buffer.from('*-1\r\n')
      return Buffer.concat([
        Buffer.from(`*${reply.value.length}\r\n`),
        ...reply.value.map(encodeReply),
      ])
  }
}

function bulk(value: Uint8Array | null): Reply {
  return { type: 'bulk', value }
}

function array(value: Reply[]): Reply {
  return { type: 'array', value }
}
