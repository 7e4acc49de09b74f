import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MUTATIONS } from './mutations.ts'

describe('the list of planted bugs', () => {
  it('names each once', () => {
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length)
  })

  for (const { name, edits, test } of MUTATIONS)
    it(`${name} still finds its places, each once, and its test`, () => {
      for (const { file, find, replace } of edits) {
        expect(readFileSync(file, 'utf8').split(find).length - 1, `${file}: ${find}`).toBe(1)
        expect(replace).not.toBe(find)
      }
      expect(existsSync(test), test).toBe(true)
    })
})
