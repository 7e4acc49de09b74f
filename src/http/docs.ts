import document from './openapi.json' with { type: 'json' }
import { Problem } from './problem.ts'
import { json, type Route } from './route.ts'

/** The binding that holds static files. */
export interface Assets {
  fetch(request: Request): Promise<Response>
}

const HTML = 'text/html; charset=utf-8'

/** Scripts and requests stay on this origin; the page's own library sets styles inline. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HOME = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>edgewheel</title>
<p>This is an edgewheel Worker. <a href="/docs">API documentation</a> ·
<a href="/openapi.json">OpenAPI</a></p></html>
`

/** `/openapi.json`, the page that shows it at `/docs`, and a page at `/` that says where they are. */
export function docsRoutes(assets: Assets): Route[] {
  const open = { method: 'GET', access: 'open' } as const
  return [
    {
      ...open,
      path: '/openapi.json',
      handle: () => json(document, 200, { 'cache-control': 'public, max-age=300' }),
    },
    { ...open, path: '/docs', handle: ({ request }) => asset(assets, request, '/docs/') },
    {
      ...open,
      path: '/docs/:file',
      handle: ({ request }) => asset(assets, request, new URL(request.url).pathname),
    },
    {
      ...open,
      path: '/',
      handle: () =>
        new Response(HOME, {
          headers: { 'content-type': HTML, 'content-security-policy': POLICY },
        }),
    },
  ]
}

async function asset(assets: Assets, request: Request, path: string): Promise<Response> {
  const found = await assets.fetch(new Request(new URL(path, request.url)))
  if (!found.ok) throw new Problem(404, 'unknown_route', 'There is no such file.')
  const response = new Response(found.body, found)
  response.headers.set('content-security-policy', POLICY)
  response.headers.set('x-content-type-options', 'nosniff')
  return response
}
