import type { Command } from 'commander'
import { adminClient } from '../client.ts'
import { UsageError } from '../errors.ts'
import { settingsFrom } from '../settings.ts'

interface Redriven {
  readonly objects: number
  readonly messages: number
  readonly kept: readonly string[]
  readonly next: string | null
  readonly before: number
}

/** Adds `redrive`. */
export function addRedrive(program: Command): void {
  program
    .command('redrive')
    .description('send again what was set aside in failed/; running it twice changes nothing')
    .option('--date <date>', 'one day, UTC, such as 2026-09-21; default: all')
    .option('--json', 'print one JSON document')
    .action(async (options: { date?: string; json?: boolean }) => {
      if (options.date !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(options.date))
        throw new UsageError(`--date: expected a day such as 2026-09-21, not '${options.date}'`)
      const report = await redriven(options.date)
      if (options.json) console.log(JSON.stringify(report))
      else {
        console.log(`${report.messages} messages sent again, ${report.objects} objects done`)
        for (const key of report.kept) console.log(`  not all of ${key}`)
      }
      if (report.kept.length > 0) process.exitCode = 1
    })
}

/** Round by round, through what was there at the start. */
async function redriven(date: string | undefined) {
  const client = adminClient(settingsFrom(process.env))
  const total = { objects: 0, messages: 0, kept: [] as string[] }
  let body: Record<string, unknown> = { date }
  for (;;) {
    const round = await client.call<Redriven>('POST', '/v1/redrive', body)
    total.objects += round.objects
    total.messages += round.messages
    total.kept.push(...round.kept)
    if (round.next === null) return total
    body = { date, before: round.before, after: round.next }
  }
}
