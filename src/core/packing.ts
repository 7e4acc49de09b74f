import { EdgewheelError } from './errors.ts'

/** Whole numbers as wide as the largest of them needs. */
export type Whole = Uint8Array | Uint16Array | Uint32Array

type Packed = Whole | Float32Array | Float64Array

/** Writes a JSON head and, after it, arrays of numbers, each aligned to its own width. */
export class PackWriter {
  readonly #parts: { at: number; bytes: Uint8Array }[] = []
  #length = 0

  /** Appends an array's bytes (little-endian machines: all that run this). */
  array(values: Packed): void {
    const width = values.BYTES_PER_ELEMENT
    this.#length = Math.ceil(this.#length / width) * width
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    this.#parts.push({ at: this.#length, bytes })
    this.#length += bytes.length
  }

  /** Appends whole numbers from 0: one byte with their width, then as many as given. */
  whole(values: ArrayLike<number>): void {
    let most = 0
    for (let i = 0; i < values.length; i++) if (values[i] > most) most = values[i]
    const Width = most < 0x100 ? Uint8Array : most < 0x10000 ? Uint16Array : Uint32Array
    // Not `from`: it walks an iterator, ten times slower.
    const packed = new Width(values)
    this.array(Uint8Array.of(packed.BYTES_PER_ELEMENT))
    this.array(packed)
  }

  /** The bytes: `magic` (4 bytes), the head's length, the head, and the arrays from the next multiple of 8 on. */
  done(magic: Uint8Array, head: unknown): Uint8Array<ArrayBuffer> {
    const json = new TextEncoder().encode(JSON.stringify(head))
    const start = Math.ceil((8 + json.length) / 8) * 8
    const bytes = new Uint8Array(start + this.#length)
    bytes.set(magic)
    new DataView(bytes.buffer).setUint32(4, json.length, true)
    bytes.set(json, 8)
    for (const { at, bytes: part } of this.#parts) bytes.set(part, start + at)
    return bytes
  }
}

/** Reads what {@link PackWriter} wrote, in the same order. Throws `invalid_format` where bytes run short. */
export class PackReader {
  readonly head: unknown
  readonly #buffer: ArrayBuffer
  #at: number

  constructor(magic: Uint8Array, bytes: Uint8Array) {
    if (bytes.length < 8 || magic.some((byte, i) => byte !== bytes[i]))
      throw refusal('starts wrong')
    // A copy: views need a buffer whose start is aligned.
    this.#buffer = bytes.slice().buffer
    const length = new DataView(this.#buffer).getUint32(4, true)
    if (8 + length > bytes.length) throw refusal('is cut short')
    try {
      this.head = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
    } catch (cause) {
      throw refusal('has no readable head', cause)
    }
    this.#at = Math.ceil((8 + length) / 8) * 8
  }

  floats32(length: number): Float32Array {
    return new Float32Array(this.#buffer, this.#take(4, length), length)
  }

  floats64(length: number): Float64Array {
    return new Float64Array(this.#buffer, this.#take(8, length), length)
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#take(1, length), length)
  }

  whole(length: number): Whole {
    const [width] = this.bytes(1)
    if (width === 1) return this.bytes(length)
    if (width === 2) return new Uint16Array(this.#buffer, this.#take(2, length), length)
    if (width === 4) return new Uint32Array(this.#buffer, this.#take(4, length), length)
    throw refusal('has numbers of no known width')
  }

  #take(width: number, length: number): number {
    const at = Math.ceil(this.#at / width) * width
    if (!Number.isInteger(length) || length < 0 || at + width * length > this.#buffer.byteLength)
      throw refusal('is cut short')
    this.#at = at + width * length
    return at
  }
}

function refusal(problem: string, cause?: unknown): EdgewheelError {
  return new EdgewheelError('invalid_format', `the record ${problem}`, { cause })
}
