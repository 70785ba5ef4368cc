/*
 * What the operator's commands answer to a script.
 */
import type { BaseCommand } from '@adonisjs/core/ace'
import type { ApplicationService } from '@adonisjs/core/types'
import { isMachineTrouble } from '../retry_policy.ts'

export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  /** A proof found something, or a work was done in part. */
  found: 3,
  unreachable: 4,
  /** Nothing matched. */
  nothing: 5,
} as const

/** A flag that cannot be what it is: exit 2. */
export class Usage extends Error {
  name = 'Usage'
}

/** What was asked for is not there: exit 5. */
export class Nothing extends Error {
  name = 'Nothing'
}

/** Runs the command's work; trouble is a sentence and an exit code, not a stack. */
export async function guarded(command: BaseCommand, work: () => Promise<void>) {
  try {
    await work()
  } catch (error) {
    const { exitCode, message } = await verdict(command, error)
    command.exitCode = exitCode
    command.logger.error(message)
  }
}

async function verdict(command: BaseCommand, error: unknown) {
  const { message, code } = error as Error & { code?: string }
  const reason = message || code || String(error)
  if (error instanceof Usage) return { exitCode: EXIT.usage, message }
  if (error instanceof Nothing) return { exitCode: EXIT.nothing, message }
  const older = OF_OTHER_SCHEMA.has(code ?? '') ? await olderSchema(command.app) : null
  if (older) return { exitCode: EXIT.error, message: older }
  const away = isMachineTrouble(error) || isBrokerTrouble(error)
  return away
    ? { exitCode: EXIT.unreachable, message: `The database or the broker is in trouble: ${reason}` }
    : { exitCode: EXIT.error, message: reason }
}

/** SQLSTATEs: a table, a column, a function or a schema that is not there. */
const OF_OTHER_SCHEMA = new Set(['42P01', '42703', '42883', '3F000'])

/**
 * What to say of databases that have not seen all migrations; null when they have.
 *
 * @throws what the database throws
 */
export async function olderSchema(app: ApplicationService): Promise<string | null> {
  const { MigrationRunner } = await import('@adonisjs/lucid/migration')
  const db = await app.container.make('lucid.db')
  const missing: string[] = []
  for (const [connectionName, { config }] of db.manager.connections) {
    if (!config.migrations?.paths) continue
    const runner = new MigrationRunner(db, app, { direction: 'up', connectionName })
    const all = await runner.getList()
    missing.push(...all.filter(({ status }) => status === 'pending').map(({ name }) => name))
  }
  if (missing.length === 0) return null
  const names = missing.join(', ')
  return `The tables are older than this version: ${names} has not run. Run "node ace db:setup".`
}

function isBrokerTrouble(error: unknown) {
  return /^(BrokerSilent|KafkaJS)/.test((error as Error).name)
}
