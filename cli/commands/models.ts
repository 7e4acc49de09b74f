import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { adminClient } from '../client.ts'
import { UsageError } from '../errors.ts'
import { settingsFrom } from '../settings.ts'

interface Listed {
  readonly current: number | null
  readonly versions: readonly {
    readonly version: number
    readonly createdAt: string
    readonly status: string
  }[]
}

/** Adds `models USE_CASE` and `publish USE_CASE VERSION`. */
export function addModels(program: Command): void {
  program
    .command('models')
    .description('list the versions of a use case’s model, or store an artifact as the next one')
    .argument('<useCase>')
    .option('--upload <file>', 'an artifact (edgewheel/linear@1) to store')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run edgewheel -- models movies-home --upload examples/movielens/models/movies-home.json',
    )
    .action(async (useCase: string, options: { upload?: string; json?: boolean }) => {
      const client = adminClient(settingsFrom(process.env))
      const path = `/v1/models/${encodeURIComponent(useCase)}`
      if (options.upload !== undefined) {
        const stored = await client.call<{ version: number }>(
          'POST',
          path,
          artifactFrom(options.upload),
        )
        console.log(
          options.json ? JSON.stringify(stored) : `stored as ${useCase}@${stored.version}`,
        )
        return
      }
      const listed = await client.call<Listed>('GET', path)
      if (options.json) console.log(JSON.stringify(listed))
      else if (listed.versions.length === 0)
        console.log(`${useCase}: no models; prior weights serve`)
      else
        console.table(
          listed.versions.map(({ version, createdAt, status }) => ({
            model: `${useCase}@${version}`,
            createdAt,
            status,
            serving: version === listed.current ? 'yes' : '',
          })),
        )
    })
  program
    .command('publish')
    .description('serve a stored version')
    .argument('<useCase>')
    .argument('<version>')
    .option('--json', 'print one JSON document')
    .action(async (useCase: string, version: string, options: { json?: boolean }) => {
      if (!/^\d+$/.test(version))
        throw new UsageError(`version: expected a number, not '${version}'`)
      const path = `/v1/models/${encodeURIComponent(useCase)}/${version}/publish`
      const published = await adminClient(settingsFrom(process.env)).call<unknown>('POST', path, {})
      console.log(options.json ? JSON.stringify(published) : `${useCase}@${version} serves`)
    })
}

function artifactFrom(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new UsageError(`${file}: ${(cause as Error).message}`)
  }
}
