import { Problem } from './problem.ts'
import type { BodyRule } from './route.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * The bytes of a JSON body, at most `maxBytes`. Throws 415 where the headers do not say JSON and 413
 * where the body is larger, by its Content-Length or by what arrives. `optional`: no body at all is null.
 */
export async function readBody(
  request: Request,
  { maxBytes, optional = false, keyInside = false }: BodyRule,
): Promise<Uint8Array | null> {
  const type = request.headers.get('content-type')
  if (type === null && optional && isEmpty(request)) return null
  if (!isJson(type) && !(keyInside && isText(type)))
    throw new Problem(415, 'unsupported_media_type', 'Send Content-Type: application/json.')
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    throw new Problem(415, 'unsupported_media_type', 'Send the body without Content-Encoding.', {
      headers: { 'accept-encoding': 'identity' },
    })
  const bytes = await readBytes(request, maxBytes).catch((error: unknown) => {
    if (error instanceof Problem) throw error
    // The client went away, or its framing was broken; there may be nobody to tell.
    throw new Problem(400, 'malformed_json', 'The body could not be read to its end.')
  })
  return optional && bytes.length === 0 ? null : bytes
}

function isEmpty({ body, headers }: Request): boolean {
  return body === null || headers.get('content-length') === '0'
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const length = request.headers.get('content-length')
  if (length === null || !/^\d+$/.test(length))
    return request.body === null ? new Uint8Array() : readStream(request.body, maxBytes)
  if (Number(length) > maxBytes) throw tooLarge(maxBytes)
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.length > maxBytes) throw tooLarge(maxBytes)
  return bytes
}

/** The value that a body holds; null stands for an absent one. Throws 400 where it is no JSON. */
export function parseJson(bytes: Uint8Array | null): unknown {
  if (bytes === null) return {}
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    throw new Problem(400, 'malformed_json', 'The body is not JSON in UTF-8.')
  }
}

/** Whether JSON text opens more than `most` brackets inside each other; what writes it again would recurse. */
export function isDeeperThan(most: number, bytes: Uint8Array): boolean {
  let depth = 0
  let inText = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (inText) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) inText = false
    } else if (byte === QUOTE) inText = true
    else if (byte === BRACE || byte === BRACKET) {
      if (++depth > most) return true
    } else if (byte === BRACE + 2 || byte === BRACKET + 2) depth--
  }
  return false
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const BRACKET = 0x5b
const BRACE = 0x7b

function isJson(type: string | null): boolean {
  return type !== null && /^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type.trim())
}

/** Whether a Content-Type is `text/plain`, which pages may send without asking first. */
export function isText(type: string | null): boolean {
  return type !== null && /^text\/plain\s*(;|$)/i.test(type.trim())
}

function tooLarge(maxBytes: number): Problem {
  return new Problem(413, 'too_large', `The body is larger than ${maxBytes} bytes.`)
}

async function readStream(stream: ReadableStream, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > maxBytes) {
      await reader.cancel().catch(() => undefined)
      throw tooLarge(maxBytes)
    }
    chunks.push(value)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
