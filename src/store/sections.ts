import { EdgewheelError } from '../core/errors.ts'

/** A stored document: a JSON header and binary sections, each aligned to 8 bytes. */
export interface Sections {
  readonly header: unknown
  /** Views into the document's own buffer. */
  readonly sections: readonly Uint8Array[]
  /** Equal for equal content. */
  readonly stamp: string
}

const VERSION = 1
const MAGIC = [0x45, 0x57, 0x50, 0x47]
const PREFIX = 24
const HASHED_FROM = 16

/**
 * Lays out a document, little-endian: `EWPG`, version, total length, MurmurHash3 of all after it, length
 * of the header, 0; then `{ lengths, header }` as JSON and the sections, each padded to 8 bytes.
 */
export function packSections(header: unknown, sections: readonly ArrayBufferView[]): Uint8Array {
  const lengths = sections.map((section) => section.byteLength)
  const text = new TextEncoder().encode(JSON.stringify({ lengths, header }))
  const total = lengths.reduce((sum, length) => sum + padded(length), PREFIX + padded(text.length))
  const bytes = new Uint8Array(total)
  bytes.set(text, PREFIX)
  bytes.fill(0x20, PREFIX + text.length, PREFIX + padded(text.length))
  let at = PREFIX + padded(text.length)
  for (const section of sections) {
    bytes.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), at)
    at += padded(section.byteLength)
  }
  bytes.set(MAGIC)
  const prefix = new DataView(bytes.buffer)
  prefix.setUint32(4, VERSION, true)
  prefix.setUint32(8, total, true)
  prefix.setUint32(16, padded(text.length), true)
  prefix.setUint32(12, checksum(bytes), true)
  return bytes
}

/**
 * Opens a document without copying it (unless it is not aligned to 8 bytes in its buffer). Throws
 * `invalid_format`, naming what is wrong, for whatever {@link packSections} of this version did not write.
 */
export function readSections(given: Uint8Array): Sections {
  const { bytes, headerEnd, stamp } = checked(given)
  const { header, lengths } = parsed(bytes.subarray(PREFIX, headerEnd))
  const sections: Uint8Array[] = []
  let at = headerEnd
  for (const length of lengths) {
    if (!Number.isInteger(length) || length < 0 || at + length > bytes.length)
      refuse('has a section outside of it')
    sections.push(bytes.subarray(at, at + length))
    at += padded(length)
  }
  if (at !== bytes.length) refuse('has bytes that belong to no section')
  return { header, sections, stamp }
}

/** The stamp alone, which takes no decoding. Throws like {@link readSections}, save for what the header says. */
export function stampOf(bytes: Uint8Array): string {
  return checked(bytes).stamp
}

function checked(given: Uint8Array) {
  if (given.length < PREFIX) refuse(`has ${given.length} bytes, fewer than its first ${PREFIX}`)
  const bytes = given.byteOffset % 8 === 0 ? given : given.slice()
  const prefix = new DataView(bytes.buffer, bytes.byteOffset, PREFIX)
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) refuse('does not begin with EWPG')
  const version = prefix.getUint32(4, true)
  if (version !== VERSION) refuse(`has version ${version}, this reads ${VERSION}`)
  const total = prefix.getUint32(8, true)
  if (total !== bytes.length) refuse(`has ${bytes.length} bytes and should have ${total}`)
  if (total % 8 !== 0) refuse(`has ${total} bytes, not a multiple of 8`)
  const sum = prefix.getUint32(12, true)
  if (sum !== checksum(bytes)) refuse('does not match its checksum')
  const headerEnd = PREFIX + prefix.getUint32(16, true)
  if (headerEnd > total) refuse('has a header longer than itself')
  return { bytes, headerEnd, stamp: `${sum.toString(16)}-${total}` }
}

function parsed(text: Uint8Array): { header: unknown; lengths: number[] } {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text))
  } catch {
    refuse('has a header that is no JSON')
  }
  const { header, lengths } = (json ?? {}) as { header?: unknown; lengths?: unknown }
  if (!Array.isArray(lengths)) refuse('has a header without lengths')
  return { header, lengths }
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8
}

/**
 * MurmurHash3 x86-32 by whole words, four times as fast as by bytes. A change within one word is always found.
 */
function checksum(bytes: Uint8Array): number {
  const words = new Int32Array(
    bytes.buffer,
    bytes.byteOffset + HASHED_FROM,
    (bytes.length - HASHED_FROM) / 4,
  )
  let hash = 0
  for (let i = 0; i < words.length; i++) {
    const k = Math.imul(words[i], 0xcc9e2d51)
    hash ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function refuse(problem: string): never {
  throw new EdgewheelError('invalid_format', `a stored page ${problem}`)
}
