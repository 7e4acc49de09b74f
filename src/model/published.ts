import { EdgewheelError } from '../core/errors.ts'
import { murmur3 } from '../core/murmur3.ts'

/** Where the feature store holds the published model of a use case. */
export function modelKey(useCase: string): string {
  return `model/${useCase}`
}

/** A published model as the feature store holds it. */
export interface PublishedModel {
  readonly version: number
  /** The artifact's JSON, parsed. */
  readonly artifact: unknown
}

// The head stands first and is short, so that a reader can tell what it holds already without parsing it.
const HEAD = /^\{"v":1,"version":(\d{1,15}),"hash":"[0-9a-f]{16}",/
const HEAD_BYTES = 64

/** The bytes of a published model: JSON with a version and a hash of the content first. */
export function encodePublished(version: number, artifactText: string): Uint8Array {
  const hash = [0, 0x9747b28c]
    .map((seed) => murmur3(artifactText, seed).toString(16).padStart(8, '0'))
    .join('')
  return new TextEncoder().encode(
    `{"v":1,"version":${version},"hash":"${hash}","artifact":${artifactText}}`,
  )
}

/** What tells one publication from another; null where the bytes are none of ours. */
export function stampOfPublished(bytes: Uint8Array): string | null {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES))
  return HEAD.exec(head)?.[0] ?? null
}

/** Reads what {@link encodePublished} wrote. Throws `invalid_format`. */
export function decodePublished(bytes: Uint8Array): PublishedModel {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
    const head = HEAD.exec(text)
    if (head) return { version: Number(head[1]), artifact: JSON.parse(text).artifact }
  } catch (cause) {
    throw new EdgewheelError('invalid_format', 'the published model cannot be read', { cause })
  }
  throw new EdgewheelError('invalid_format', 'the published model is of a format unknown here')
}
