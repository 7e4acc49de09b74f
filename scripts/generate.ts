import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { apiDocument } from '../src/http/api-document.ts'
import { events } from '../stages/events.ts'

/** Writes the files that are made from code; with `--check` only says which are out of date, and fails. */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url).href)
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as { version: string }

const generated: Readonly<Record<string, string>> = {
  'src/http/openapi.json': `${JSON.stringify(apiDocument(version, events), null, 2)}\n`,
}

for (const [path, text] of Object.entries(generated)) {
  if (textOf(at(path)) === text) continue
  if (values.check) {
    console.error(`${path} is out of date: npm run generate`)
    process.exitCode = 1
  } else {
    writeFileSync(at(path), text)
    console.log(`wrote ${path}`)
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
