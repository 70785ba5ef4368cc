/*
 * Exit codes of the operators' commands, and the errors that lead to them.
 */
import type { BaseCommand } from '@adonisjs/core/ace'
import type { ApplicationService } from '@adonisjs/core/types'
import { isTransient } from '#postgres/errors'

export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  /** A proof has findings, or the work was done in part. */
  found: 3,
  unreachable: 4,
  /** Nothing matched. */
  nothing: 5,
} as const

/** A flag is missing or invalid: exit 2. */
export class UsageError extends Error {
  name = 'UsageError'
}

/** Nothing matches the request: exit 5. */
export class NothingFound extends Error {
  name = 'NothingFound'
}

/** A server gives no usable response: exit 4. */
export class Unreachable extends Error {
  name = 'Unreachable'
}

/** Runs a command's work; an error ends it with one sentence and an exit code instead of a stack. */
export async function guarded(command: BaseCommand, work: () => Promise<void>) {
  try {
    await work()
  } catch (error) {
    const { exitCode, message } = await outcomeOf(command, error)
    command.exitCode = exitCode
    command.logger.error(message)
  }
}

async function outcomeOf(command: BaseCommand, error: unknown) {
  const { message, code } = error as Error & { code?: string }
  const reason = message || code || String(error)
  if (error instanceof UsageError) return { exitCode: EXIT.usage, message }
  if (error instanceof NothingFound) return { exitCode: EXIT.nothing, message }
  const older = SCHEMA_SQLSTATES.has(code ?? '') ? await olderSchema(command.app) : null
  if (older) return { exitCode: EXIT.error, message: older }
  const isUnreachable = isTransient(error) || error instanceof Unreachable
  return isUnreachable
    ? {
        exitCode: EXIT.unreachable,
        message: `The database or the broker is unreachable: ${reason}`,
      }
    : { exitCode: EXIT.error, message: reason }
}

/** SQLSTATEs of a missing table, column, function or schema. */
const SCHEMA_SQLSTATES = new Set(['42P01', '42703', '42883', '3F000'])

/**
 * A sentence that names the missing migrations; null when all have run.
 *
 * @throws the error of the database
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
  if (app.container.hasBinding('messaging')) {
    const messaging = await app.container.make('messaging')
    missing.push(...(await messaging.pendingSteps()))
  }
  if (missing.length === 0) return null
  const names = missing.join(', ')
  return `The tables are older than this version. Missing migrations: ${names}. Run "node ace db:setup".`
}
