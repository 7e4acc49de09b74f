/** Anybody's page may call the public routes; keys travel in a header, so credentials are not needed. */
export const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Retry-After',
} as const

/** The answer to OPTIONS: what a browser wants to know before it sends a key and JSON, or only `Allow`. */
export function preflight(methods: readonly string[], open: boolean): Response {
  const allow = [...methods, 'OPTIONS'].join(', ')
  return new Response(null, {
    status: 204,
    headers: {
      allow,
      ...(open
        ? {
            ...CORS,
            'access-control-allow-methods': allow,
            'access-control-allow-headers': 'Authorization, Content-Type',
            'access-control-max-age': '86400',
          }
        : {}),
    },
  })
}
