import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'edgewheel-types-'))
afterAll(() => rmSync(folder, { recursive: true }))

const PREAMBLE = `
import * as z from 'zod'
import { column, defineEntity, defineUseCase, feature, filter, labels } from 'edgewheel'
import { popular } from 'stages/generate/popular.ts'
import { topK } from 'stages/rank/top-k.ts'
import { linear } from 'stages/score/linear.ts'
const Item = defineEntity('item', { layout: 'paged', owner: 'o', attributes: { genres: z.array(z.string()), year: z.number() } })
const featurize = [column('year', Item, 'year', { fallback: 0 }), labels('genres', Item, 'genres', { fallback: [] })] as const
const rest = { id: 'a', owner: 'o', candidates: Item, generate: [popular], featurize, rank: topK(), objective: { click: 1 }, exposure: 'served', fallback: [] } as const
`

/** Mistakes that people make, a line each, and what the compiler must say of them. */
const MISTAKES: readonly (readonly [name: string, line: string, message: RegExp])[] = [
  [
    'a misspelt feature in the prior weights',
    'defineUseCase({ ...rest, score: linear({ prior: { genre_mach: 0.8 } }) })',
    /featurize has no feature named 'genre_mach'/,
  ],
  [
    'a misspelt feature in one of several heads',
    'defineUseCase({ ...rest, score: linear({ heads: { click: { prior: { year: 1 } }, dismiss: { prior: { yeer: 1 } } } }) })',
    /featurize has no feature named 'yeer'/,
  ],
  [
    'a number for a category',
    'defineUseCase({ ...rest, score: linear({ prior: { genres: 1 } }) })',
    /property 'genres' are incompatible[\s\S]*'CategoryPrior'/,
  ],
  ['a misspelt attribute', "Item.pick('yeer')", /'"yeer"'.*"genres" \| "year"/],
  [
    'a field of another type',
    "column('g', Item, 'genres', { fallback: 0 })",
    /'"genres"'.*'"year"'/,
  ],
  [
    'a value of the wrong type',
    "feature('f', { reads: { item: Item.pick('genres') }, fallback: 0, compute: ({ item }) => item.genres })",
    /not assignable to type 'number'/,
  ],
  [
    'no fallback',
    "feature('f', { reads: { item: Item.pick('year') }, compute: ({ item }) => item.year })",
    /Property 'fallback' is missing/,
  ],
  [
    'no onMissing',
    "filter('f', { reads: { item: Item.pick('year') }, keep: ({ item }) => item.year > 0 })",
    /Property 'onMissing' is missing/,
  ],
]

/** What tsc says of each line of a program, indented continuations included. */
function messagesByLine(program: string): Map<number, string> {
  writeFileSync(join(folder, 'mistakes.ts'), program)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        types: [],
        lib: ['ESNext', 'DOM'],
        noUnusedLocals: false,
        paths: {
          edgewheel: [join(root, 'src/core/index.ts')],
          zod: [join(root, 'node_modules/zod/index.d.ts')],
          'stages/*': [join(root, 'stages/*')],
        },
      },
      files: [join(folder, 'mistakes.ts')],
    }),
  )
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'],
    { encoding: 'utf8' },
  )
  const messages = new Map<number, string>()
  let line = 0
  for (const text of stdout.split('\n')) {
    const found = /mistakes\.ts\((\d+),\d+\): error/.exec(text)
    if (found) line = Number(found[1])
    else if (!text.startsWith(' ')) line = -1
    messages.set(line, `${messages.get(line) ?? ''}${text}\n`)
  }
  return messages
}

describe('the compiler', () => {
  const program = MISTAKES.map(([, line]) => line).join('\n')
  const messages = messagesByLine(`${PREAMBLE}${program}\n`)
  const first = PREAMBLE.split('\n').length

  it.each(
    MISTAKES.map(([name, , message], i) => [name, message, first + i] as const),
  )('says what is wrong with %s', (_, message, line) => {
    expect(messages.get(line) ?? '').toMatch(message)
  })

  it('finds nothing wrong with what stands before the mistakes', () => {
    const elsewhere = [...messages].filter(([line, text]) => line < first && text.trim() !== '')
    expect(elsewhere).toEqual([])
  })
})
