/** The part of the runtime's node:crypto that keys need; its own types would bring Node's globals along. */
declare module 'node:crypto' {
  interface Digest {
    update(text: string): Digest
    digest(): Uint8Array
  }
  export function createHash(algorithm: 'sha256'): Digest
  export function createHmac(algorithm: 'sha256', key: string): Digest
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean
}
