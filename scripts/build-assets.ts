import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Fills .assets/ with what the Worker serves as files: the page at /docs. Quick, and may run any number of times. */
const target = fileURLToPath(new URL('../.assets/docs/', import.meta.url).href)
const source = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

/** The library as it is, without its own page, which loads an example. */
const COPIED = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png', 'LICENSE']

const WRITTEN: Readonly<Record<string, string>> = {
  'index.html': `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>edgewheel API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`,
  'start.js': `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
})
`,
}

mkdirSync(target, { recursive: true })
const wanted = [...COPIED, ...Object.keys(WRITTEN)]
for (const name of readdirSync(target))
  if (!wanted.includes(name)) rmSync(join(target, name), { recursive: true })
// Untouched files keep their times, so that a watching `wrangler dev` does not build for ever.
for (const name of COPIED) {
  const [from, to] = [join(source, name), join(target, name)]
  if (sizeOf(to) !== sizeOf(from)) copyFileSync(from, to)
}
for (const [name, text] of Object.entries(WRITTEN)) {
  const to = join(target, name)
  if (!existsSync(to) || readFileSync(to, 'utf8') !== text) writeFileSync(to, text)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1
}
