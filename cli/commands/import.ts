import type { Command } from 'commander'
import { adminClient } from '../client.ts'
import { importEntities } from '../import-entities.ts'
import { progressBar } from '../progress.ts'
import { readRecords } from '../records-file.ts'
import { settingsFrom } from '../settings.ts'

/** Adds `import FILE --entity NAME`. */
export function addImport(program: Command): void {
  program
    .command('import')
    .description(
      'push records of an entity from a .csv or .ndjson file; running it twice changes nothing',
    )
    .argument('<file>', 'records: ndjson lines {"id","attributes"}, or csv with a column id')
    .requiredOption('--entity <name>', 'the entity, such as item')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ npm run edgewheel -- import films.csv --entity item')
    .action(async (file: string, options: { entity: string; json?: boolean }) => {
      const records = readRecords(file)
      const bar = progressBar(`import ${options.entity}`, records.length)
      const report = await importEntities(
        adminClient(settingsFrom(process.env)),
        options.entity,
        records,
        bar.advance,
      ).finally(bar.stop)
      if (options.json) console.log(JSON.stringify(report))
      else {
        console.log(`${report.accepted} accepted, ${report.rejected.length} rejected`)
        for (const { index, id, path, message } of report.rejected.slice(0, 20))
          console.log(`  ${index} ${id ?? ''} ${path}: ${message}`)
      }
      if (report.rejected.length > 0) process.exitCode = 1
    })
}
