import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import binary from '../golden/binary.json'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'golden-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function golden(...args: string[]) {
  const run = spawnSync(process.execPath, ['scripts/golden.ts', ...args], { encoding: 'utf8' })
  return { status: run.status, stdout: run.stdout, stderr: run.stderr }
}

function put(name: string, document: unknown): void {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  writeFileSync(join(folder, name), text)
}

describe('npm run golden', () => {
  it('tells formats by their content and reports the others as skipped', () => {
    copyFileSync('test/golden/ope.json', join(folder, 'cases-7.json'))
    put('other.json', { some: 'thing' })
    put('notes.md', '# notes')
    const { status, stdout } = golden(folder)
    const report: unknown = JSON.parse(stdout)
    expect(report).toMatchObject({
      ok: true,
      files: [{ file: 'cases-7.json', format: 'ope', cases: 4, ok: true }],
      skipped: [{ file: 'notes.md' }, { file: 'other.json', reason: 'unknown format' }],
    })
    expect(status).toBe(0)
  })

  it('says which value is off, and exits with 1', () => {
    const [first, ...rest] = binary
    put('binary.json', [{ ...first, expected: { ...first.expected, auc: 0.9 } }, ...rest])
    const { status, stdout } = golden(folder)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      files: [{ ok: false, mismatches: [{ path: '[0].auc', expected: 0.9, actual: 1 }] }],
    })
    expect(status).toBe(1)
  })

  it('takes an undefined metric for null only', () => {
    const last = binary[binary.length - 1]
    put('zero.json', [{ ...last, expected: { auc: 0 } }])
    put('null.json', [{ ...last, expected: { auc: null } }])
    expect(JSON.parse(golden(folder).stdout)).toMatchObject({
      files: [
        { file: 'null.json', ok: true },
        { file: 'zero.json', ok: false },
      ],
    })
  })

  it('reports malformed JSON and goes on with the other files', () => {
    put('a.json', '{ "half":')
    put('b.json', binary)
    const { status, stdout } = golden(folder)
    expect(JSON.parse(stdout)).toMatchObject({
      files: [
        { file: 'a.json', format: null, ok: false, error: expect.any(String) },
        { file: 'b.json', format: 'binary', ok: true },
      ],
    })
    expect(status).toBe(1)
  })

  it('exits with 2 without exactly one folder', () => {
    for (const args of [[], [join(folder, 'nowhere')], [folder, folder]]) {
      const { status, stdout } = golden(...args)
      expect(status).toBe(2)
      expect(stdout).toBe('')
    }
  })
})
