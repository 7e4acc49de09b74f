import type { Command } from 'commander'
import { adminClient } from '../client.ts'
import { UsageError } from '../errors.ts'
import { explainLines } from '../explain-text.ts'
import type { LoggedDecision } from '../logged-decision.ts'
import { settingsFrom } from '../settings.ts'

/** Adds `explain DECISION`. */
export function addExplain(program: Command): void {
  program
    .command('explain')
    .description(
      'show a logged decision: what was served and why, what was dropped, what came of it',
    )
    .argument('<decision>', 'the id of a decision; it can be read some seconds after it was made')
    .option('--items <count>', 'items whose contributions are shown', '3')
    .option('--pool <count>', 'candidates and dropped ids that are shown', '20')
    .option('--json', 'print one JSON document')
    .action(async (id: string, options: { items: string; pool: string; json?: boolean }) => {
      const counts = { items: countOf('items', options.items), pool: countOf('pool', options.pool) }
      const path = `/v1/decisions/${encodeURIComponent(id)}`
      const decision = await adminClient(settingsFrom(process.env)).call<LoggedDecision>(
        'GET',
        path,
      )
      if (options.json) console.log(JSON.stringify(decision))
      else for (const line of explainLines(decision, counts)) console.log(line)
    })
}

function countOf(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--${name}: expected a number, not '${text}'`)
  return Number(text)
}
