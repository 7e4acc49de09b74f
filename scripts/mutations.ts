import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { type Edit, MUTATIONS, type Mutation } from '../test/mutations/mutations.ts'

/**
 * Plants each bug of the list in a copy of the tree and runs the test that must catch it:
 * `node scripts/mutations.ts [NAME …]`. Ends with 1 where one survives or finds its place no more.
 */

type Verdict = 'caught' | 'SURVIVED' | 'FINDS NO PLACE' | 'TEST FAILS WITHOUT IT'

const LEFT_OUT = ['node_modules', '.git', '.wrangler', 'dist']

const wanted = process.argv.slice(2)
const chosen = MUTATIONS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const unknown = wanted.filter((name) => !MUTATIONS.some((mutation) => mutation.name === name))
if (unknown.length > 0) {
  console.error(`no such mutation: ${unknown.join(', ')}`)
  process.exit(1)
}

const copy = mkdtempSync(join(tmpdir(), 'edgewheel-mutations-'))
const sound = new Map<string, boolean>()
let bad = 0
try {
  cpSync('.', copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) })
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
  console.log(`${'mutation'.padEnd(40)}${'verdict'.padEnd(24)}${'s'.padStart(5)}  test`)
  for (const mutation of chosen) {
    const fromMs = performance.now()
    const verdict = verdictOf(mutation)
    const seconds = ((performance.now() - fromMs) / 1_000).toFixed(0)
    if (verdict !== 'caught') bad++
    const { name, test } = mutation
    console.log(`${name.padEnd(40)}${verdict.padEnd(24)}${seconds.padStart(5)}  ${test}`)
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
process.exitCode = bad > 0 ? 1 : 0

function verdictOf(mutation: Mutation): Verdict {
  const key = JSON.stringify([mutation.test, mutation.only])
  const before = new Map<string, string>()
  for (const { file } of mutation.edits) before.set(file, readFileSync(join(copy, file), 'utf8'))
  if (!sound.has(key)) sound.set(key, passes(mutation))
  if (sound.get(key) !== true) return 'TEST FAILS WITHOUT IT'
  try {
    return mutation.edits.every(apply)
      ? passes(mutation)
        ? 'SURVIVED'
        : 'caught'
      : 'FINDS NO PLACE'
  } finally {
    for (const [file, text] of before) writeFileSync(join(copy, file), text)
  }
}

/** Whether its place was there, once. */
function apply({ file, find, replace }: Edit): boolean {
  const parts = readFileSync(join(copy, file), 'utf8').split(find)
  if (parts.length !== 2) return false
  writeFileSync(join(copy, file), parts.join(replace))
  return true
}

function passes({ project, test, only }: Mutation): boolean {
  const which = only === undefined ? [] : ['-t', only]
  const args = ['run', '--project', project, test, '--bail', '1', ...which]
  const { status } = spawnSync(resolve('node_modules/.bin/vitest'), args, {
    cwd: copy,
    stdio: process.env.MUTATIONS_VERBOSE ? 'inherit' : 'ignore',
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  })
  return status === 0
}
