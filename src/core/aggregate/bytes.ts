import { EdgewheelError } from '../errors.ts'

const NUMERAL = /^(0|[1-9]\d{0,14})$/

/** Writes numbers in as few bytes as they need. */
export class ByteWriter {
  readonly #bytes: number[] = []

  get length(): number {
    return this.#bytes.length
  }

  byte(value: number): void {
    this.#bytes.push(value & 0xff)
  }

  /** A whole number from 0 below 2^53, seven bits a byte, lowest first. */
  uint(value: number): void {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes.push((rest % 128) + 128)
    this.#bytes.push(rest)
  }

  /** A whole number whose size is below 2^52. */
  int(value: number): void {
    this.uint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  uint32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte(value >>> shift)
  }

  /** A text; numerals, which many ids are, take the bytes of their number. */
  text(value: string): void {
    if (NUMERAL.test(value)) this.uint(Number(value) * 2 + 1)
    else {
      const bytes = new TextEncoder().encode(value)
      this.uint(bytes.length * 2)
      this.bytes(bytes)
    }
  }

  bytes(part: Uint8Array): void {
    for (const byte of part) this.#bytes.push(byte)
  }

  take(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }
}

/** Reads what {@link ByteWriter} wrote. Throws `invalid_format` beyond the end. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    if (this.ended) throw new EdgewheelError('invalid_format', 'stored aggregates end too early')
    return this.#bytes[this.#at++]
  }

  uint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) break
      scale *= 128
    }
    if (!Number.isSafeInteger(value))
      throw new EdgewheelError('invalid_format', 'stored aggregates have a number beyond 2^53')
    return value
  }

  int(): number {
    const value = this.uint()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  uint32(): number {
    return (this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)) >>> 0
  }

  text(): string {
    const head = this.uint()
    if (head % 2 === 1) return String((head - 1) / 2)
    return new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(this.bytes(head / 2))
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length)
      throw new EdgewheelError('invalid_format', 'stored aggregates end too early')
    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return part
  }
}
