import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const FOLDERS = ['generate', 'filter', 'featurize', 'derive'] as const

function files(path: string): string[] {
  return readdirSync(path).filter((name) => name.endsWith('.ts'))
}

describe.each(FOLDERS)('stages/%s', (folder) => {
  it('has a test file for every stage file, and none for a stage that is gone', () => {
    const tested = files(`test/stages/${folder}`).map((name) => name.replace('.test.ts', '.ts'))
    expect(tested.sort()).toEqual(files(`stages/${folder}`).sort())
  })

  it('says in one line above the export what each stage is for', () => {
    const silent = files(`stages/${folder}`).filter((name) => {
      const text = readFileSync(`stages/${folder}/${name}`, 'utf8')
      return !/\*\/\nexport (const|function)/.test(text)
    })
    expect(silent).toEqual([])
  })
})
