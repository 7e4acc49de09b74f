/** An argument of a command; text is sent as UTF-8. */
export type Argument = string | Uint8Array

/** A command with its arguments, as Redis takes it. */
export type Command = readonly Argument[]

/** One answer of Redis in RESP2. */
export type Reply =
  | { readonly type: 'simple'; readonly value: string }
  | { readonly type: 'error'; readonly value: string }
  | { readonly type: 'integer'; readonly value: number }
  | { readonly type: 'bulk'; readonly value: Uint8Array | null }
  | { readonly type: 'array'; readonly value: readonly Reply[] | null }

/** The bytes that send a command: an array of bulk strings, binary safe. */
export function encodeCommand(command: Command): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(`*${command.length}\r\n`)]
  for (const argument of command) {
    const bytes = typeof argument === 'string' ? Buffer.from(argument) : argument
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'))
  }
  return Buffer.concat(parts)
}

interface OpenArray {
  readonly length: number
  readonly items: Reply[]
}

const NEWLINE = 0x0a
const CRLF_BYTES = 2

/**
 * Reads replies from bytes that arrive in pieces of any size. Throws at bytes that are not RESP2 and is
 * of no use afterwards. A large bulk string is copied once, whatever the number of its pieces.
 */
export class RespParser {
  #line = ''
  #bulk: { readonly bytes: Uint8Array; filled: number } | null = null
  readonly #open: OpenArray[] = []

  /** The replies that `chunk` completes, in order. */
  push(chunk: Uint8Array): Reply[] {
    const replies: Reply[] = []
    let at = 0
    while (at < chunk.length) {
      let reply: Reply | null
      if (this.#bulk) {
        const taken = Math.min(chunk.length - at, this.#bulk.bytes.length - this.#bulk.filled)
        this.#bulk.bytes.set(chunk.subarray(at, at + taken), this.#bulk.filled)
        this.#bulk.filled += taken
        at += taken
        reply = this.#endBulk()
      } else {
        const newline = chunk.indexOf(NEWLINE, at)
        const end = newline < 0 ? chunk.length : newline + 1
        // Latin-1 keeps a character that was cut in two apart until the line is whole.
        this.#line += Buffer.from(chunk.subarray(at, end)).toString('latin1')
        at = end
        reply = newline < 0 ? null : this.#endLine()
      }
      const whole = reply && this.#fold(reply)
      if (whole) replies.push(whole)
    }
    return replies
  }

  #endBulk(): Reply | null {
    const bulk = this.#bulk
    if (!bulk || bulk.filled < bulk.bytes.length) return null
    this.#bulk = null
    const end = bulk.bytes.length - CRLF_BYTES
    if (bulk.bytes[end] !== 0x0d || bulk.bytes[end + 1] !== NEWLINE) {
      throw new Error('RESP: a bulk string does not end where it said')
    }
    return { type: 'bulk', value: bulk.bytes.subarray(0, end) }
  }

  #endLine(): Reply | null {
    const line = this.#line
    this.#line = ''
    if (!line.endsWith('\r\n')) throw new Error('RESP: a line does not end in CRLF')
    const rest = line.slice(1, -CRLF_BYTES)
    switch (line[0]) {
      case '+':
        return { type: 'simple', value: Buffer.from(rest, 'latin1').toString() }
      case '-':
        return { type: 'error', value: Buffer.from(rest, 'latin1').toString() }
      case ':':
        return { type: 'integer', value: integer(rest) }
      case '$': {
        const length = integer(rest)
        if (length < 0) return { type: 'bulk', value: null }
        this.#bulk = { bytes: new Uint8Array(length + CRLF_BYTES), filled: 0 }
        return null
      }
      case '*': {
        const length = integer(rest)
        if (length < 0) return { type: 'array', value: null }
        if (length === 0) return { type: 'array', value: [] }
        this.#open.push({ length, items: [] })
        return null
      }
      default:
        throw new Error(`RESP: unknown type ${JSON.stringify(line[0])}`)
    }
  }

  /** Puts a finished reply into the array it belongs to; returns what is finished at the outermost level. */
  #fold(reply: Reply): Reply | null {
    let done = reply
    for (;;) {
      const inner = this.#open.at(-1)
      if (!inner) return done
      inner.items.push(done)
      if (inner.items.length < inner.length) return null
      this.#open.pop()
      done = { type: 'array', value: inner.items }
    }
  }
}

function integer(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new Error(`RESP: ${JSON.stringify(text)} is no integer`)
  return Number(text)
}
