// Native where the runtime has it (workerd; 14 times faster at 128 KB), Node 24 lacks it.
interface NativeDecoder {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>
}
interface NativeEncoder {
  toBase64?(): string
}

// Arguments of one call live on the stack; more than about 100,000 overflow it.
const CHUNK = 0x8000

/** Standard base64 with padding, as RFC 4648 §4. */
export function toBase64(bytes: Uint8Array): string {
  const native = (bytes as NativeEncoder).toBase64
  if (native) return native.call(bytes)
  let binary = ''
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  }
  return btoa(binary)
}

/** The bytes of a text that {@link toBase64} made, in a buffer of their own; throws if it is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as NativeDecoder).fromBase64
  if (native) return native.call(Uint8Array, text)
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}
