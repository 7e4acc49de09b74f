import { Command, CommanderError } from 'commander'
import { addExplain } from './commands/explain.ts'
import { addImport } from './commands/import.ts'
import { addMetrics } from './commands/metrics.ts'
import { addModels } from './commands/models.ts'
import { addRedrive } from './commands/redrive.ts'
import { RefusedError, UsageError } from './errors.ts'

const program = new Command('edgewheel')
  .description('Works on an edgewheel Worker over HTTP, local or deployed.')
  .addHelpText(
    'after',
    '\nEDGEWHEEL_URL and EDGEWHEEL_SECRET_KEY say which Worker; else the local one and .dev.vars.',
  )
  .exitOverride()
addImport(program)
addModels(program)
addMetrics(program)
addExplain(program)
addRedrive(program)
for (const command of program.commands) command.exitOverride()

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

/** 0 done, 1 refused or failed, 2 wrong usage; people get one line, never a stack. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof UsageError) {
    console.error(error.message)
    return 2
  }
  if (error instanceof RefusedError) {
    console.error(error.message)
    for (const line of error.details) console.error(`  ${line}`)
    return 1
  }
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  return 1
}
