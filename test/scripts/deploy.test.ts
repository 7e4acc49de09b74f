import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { missingQueues, missingSecrets, queueNames } from '../../scripts/deploy-plan.ts'

/** A wrangler that keeps an account in a file and writes down what it was asked. */
const FAKE_WRANGLER = `#!/usr/bin/env node
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
const args = process.argv.slice(2)
appendFileSync('calls.txt', args.join(' ') + '\\n')
const account = existsSync('account.json') ? JSON.parse(readFileSync('account.json', 'utf8')) : { queues: [], secrets: null }
if (args[0] === 'queues' && args[1] === 'list') for (const name of account.queues) console.log('│ 1 │ ' + name + ' │')
if (args[0] === 'queues' && args[1] === 'create') account.queues.push(args[2])
if (args[0] === 'secret') {
  if (account.secrets === null) { console.error('Worker "edgewheel" not found. [code: 10007]'); process.exit(1) }
  console.log(JSON.stringify(account.secrets.map((name) => ({ name, type: 'secret_text' }))))
}
if (args[0] === 'deploy') {
  account.secrets ??= []
  const at = args.indexOf('--secrets-file')
  if (at >= 0) for (const line of readFileSync(args[at + 1], 'utf8').trim().split('\\n')) account.secrets.push(line.split('=')[0])
}
writeFileSync('account.json', JSON.stringify(account))
`

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'))
  folders.push(folder)
  mkdirSync(join(folder, 'bin'))
  // A module, whatever the folder's package says.
  writeFileSync(join(folder, 'bin/wrangler.mjs'), FAKE_WRANGLER)
  writeFileSync(
    join(folder, 'bin/wrangler'),
    `#!/bin/sh\nexec node ${join(folder, 'bin/wrangler.mjs')} "$@"\n`,
  )
  chmodSync(join(folder, 'bin/wrangler'), 0o755)
  cpSync('wrangler.toml', join(folder, 'wrangler.toml'))
  cpSync('scripts', join(folder, 'scripts'), { recursive: true })
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  return folder
}

function deploy(folder: string): string[] {
  rmSync(join(folder, 'calls.txt'), { force: true })
  const { status, stderr } = spawnSync(process.execPath, ['scripts/deploy.ts'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
  })
  expect(status, stderr).toBe(0)
  return readFileSync(join(folder, 'calls.txt'), 'utf8').trim().split('\n')
}

describe('npm run deploy', () => {
  it('makes the missing secrets and uploads them with the first version, and keeps them', () => {
    const folder = project()
    const calls = deploy(folder)
    expect(calls.at(-1)).toMatch(/^deploy --secrets-file/)
    const kept = readFileSync(join(folder, '.dev.vars.deployed'), 'utf8')
    expect(kept).toMatch(/^PUBLISHABLE_KEY=pk_/m)
    expect(kept).toMatch(/^SECRET_KEY=sk_/m)
    expect(existsSync(join(folder, '.dev.vars.upload'))).toBe(false)
  })

  it('changes nothing the second time but the code', () => {
    const folder = project()
    deploy(folder)
    const account = readFileSync(join(folder, 'account.json'), 'utf8')
    const calls = deploy(folder)
    expect(calls.filter((call) => / create |secrets-file/.test(call))).toEqual([])
    expect(calls.at(-1)).toBe('deploy')
    expect(readFileSync(join(folder, 'account.json'), 'utf8')).toBe(account)
  })
})

describe('what a deploy prepares', () => {
  it('names producers, consumers and dead-letter queues once', () => {
    const queues = {
      producers: [{ queue: 'events' }],
      consumers: [{ queue: 'events', dead_letter_queue: 'events-dead' }, { queue: 'events-dead' }],
    }
    expect(queueNames({ queues })).toEqual(['events', 'events-dead'])
  })

  it('does not take a queue for present because a longer name contains it', () => {
    expect(missingQueues(['events', 'events-dead'], '│ 1 │ events-dead │ 2 │')).toEqual(['events'])
  })

  it('refuses to guess when the list of secrets is not a list', () => {
    expect(() => missingSecrets({ secrets: { required: ['A'] } }, '{}')).toThrow('expected a list')
  })
})
