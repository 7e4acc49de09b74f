import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Which rooms a file of a room may import from, beside its own. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'src/core': [],
  'src/store': ['src/core'],
  'src/model': ['src/core'],
  stages: ['edgewheel'],
  'src/wheel': ['src/core', 'src/store', 'src/model', 'src/env.ts'],
  'src/use-cases': ['edgewheel', 'stages'],
  'src/http': ['src/core', 'src/store', 'src/model', 'src/wheel', 'src/env.ts'],
  'src/console': ['src/core', 'src/store', 'src/model', 'src/wheel', 'src/env.ts'],
}

/** Packages a room may import; rooms that are not named may import any. */
const MAY_USE: Record<string, RegExp> = {
  'src/core': /^zod$/,
  'src/model': /^zod$/,
  stages: /^(zod|edgewheel)$/,
  'src/use-cases': /^(zod|edgewheel)$/,
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8')
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map((match) => match[1])
}

function within(path: string, room: string): boolean {
  return path === room || path.startsWith(`${room}/`)
}

/** Sentences about imports of `path` that go the wrong way. */
function violations(path: string, room: string): string[] {
  return importsOf(path).flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      const allowed = MAY_USE[room]
      return !allowed || allowed.test(specifier) ? [] : [`${path} uses ${specifier}`]
    }
    const target = relative('.', normalize(join(dirname(path), specifier)))
    const open = [room, ...MAY_IMPORT[room]]
    return open.some((one) => within(target, one)) ? [] : [`${path} imports ${target}`]
  })
}

describe('the architecture', () => {
  for (const room of Object.keys(MAY_IMPORT))
    it(`${room} imports only ${[...MAY_IMPORT[room], 'itself'].join(', ')}`, () => {
      const files = filesBelow(room)
      expect(files.flatMap((path) => violations(path, room))).toEqual([])
    })

  it('core and stages take time and chance from the context', () => {
    const world = /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)|\bperformance\.now\(/
    const files = [...filesBelow('src/core'), ...filesBelow('stages'), ...filesBelow('src/model')]
    expect(files.filter((path) => world.test(readFileSync(path, 'utf8')))).toEqual([])
  })

  it('no file of the product is longer than 300 lines', () => {
    const files = ['src', 'stages', 'cli', 'scripts', 'examples'].flatMap(filesBelow)
    const long = files.filter((path) => readFileSync(path, 'utf8').split('\n').length > 301)
    expect(long).toEqual([])
  })

  it('a stage file is shorter than 60 lines and exports one thing', () => {
    const files = ['generate', 'filter', 'featurize', 'score', 'rank'].flatMap((folder) =>
      filesBelow(`stages/${folder}`),
    )
    const off = files.filter((path) => {
      const text = readFileSync(path, 'utf8')
      const values = new Set(text.match(/^export (const|function) \w+/gm))
      return text.split('\n').length > 61 || values.size !== 1
    })
    expect(off).toEqual([])
  })
})
