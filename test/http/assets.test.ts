import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url).href)
const docs = `${root}/.assets/docs`
const build = () => execFileSync(process.execPath, ['scripts/build-assets.ts'], { cwd: root })

describe('the page at /docs', () => {
  it('is built from installed files; building it again touches nothing', () => {
    build()
    const times = () => readdirSync(docs).map((name) => [name, statSync(`${docs}/${name}`).mtimeMs])
    const before = times()
    build()
    expect(times()).toEqual(before)
    expect(before.map(([name]) => name)).toEqual(
      expect.arrayContaining(['index.html', 'start.js', 'swagger-ui-bundle.js', 'swagger-ui.css']),
    )
  })

  it('loads scripts, styles and pictures from its own folder only, and has no script inside', () => {
    const html = readFileSync(`${docs}/index.html`, 'utf8')
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link)
    expect(links).toHaveLength(4)
    for (const link of links) {
      expect(link).toMatch(/^\/docs\/[\w.-]+$/)
      expect(() => statSync(`${docs}/${link.slice('/docs/'.length)}`)).not.toThrow()
    }
    expect(html).not.toMatch(/<script>|\son\w+=|<style/)
    expect(readFileSync(`${docs}/start.js`, 'utf8')).toContain("url: '/openapi.json'")
  })
})
