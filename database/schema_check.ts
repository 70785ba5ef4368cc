/*
 * Checks whether the tables of a module match this version. Consumers ask before they treat an error about a missing
 * table, column, function or permission as permanent.
 */
import type { ApplicationService } from '@adonisjs/core/types'
import type { Database } from '@adonisjs/lucid/database'
import { MigrationRunner } from '@adonisjs/lucid/migration'
import { pendingSteps } from '#messaging/installer'

/** How long a result is cached. */
const FRESH_MS = 5_000

/**
 * Missing grants of `db:setup` on the objects of the owner of the migrations, because others may keep tables in the
 * schema. A table without both UPDATE and DELETE is append-only on purpose.
 */
const missingGrants = /* sql */ `
  select 'USAGE of the schema is missing' as missing
  where not coalesce(has_schema_privilege(current_schema, 'USAGE'), false)
  union all
  select 'a grant on ' || relname || ' is missing' from pg_class
  where relnamespace = current_schema::regnamespace
    and relowner = (select relowner from pg_class as migrations
      where relname = 'adonis_schema' and relnamespace = current_schema::regnamespace)
    and case
      when relkind in ('r', 'p') then
        not has_table_privilege(oid, 'SELECT') or not has_table_privilege(oid, 'INSERT')
        or has_table_privilege(oid, 'UPDATE') <> has_table_privilege(oid, 'DELETE')
      when relkind = 'S' then not has_sequence_privilege(oid, 'USAGE')
      else false end`

/**
 * Logs each difference once.
 *
 * @returns a function that returns whether a migration is pending, the tables are newer than this version, or a grant
 *   is missing. It queries the database at most every `freshMs`, and returns true while that is unavailable.
 */
export function schemaCheck(
  app: ApplicationService,
  db: Database,
  logger: { warn(fields: object, event: string): void },
  { freshMs = FRESH_MS } = {}
) {
  const answers = new Map<string, { at: number; differs: Promise<boolean> }>()
  const logged = new Map<string, string>()

  async function ask(module: string) {
    const differs = await differences(app, db, module)
    const words = differs.join()
    if (words && words !== logged.get(module)) logger.warn({ module, differs }, 'schema differs')
    logged.set(module, words)
    return differs.length > 0
  }

  return (module: string): Promise<boolean> => {
    const known = answers.get(module)
    if (known && performance.now() - known.at < freshMs) return known.differs
    const differs = ask(module).catch(() => true)
    answers.set(module, { at: performance.now(), differs })
    return differs
  }
}

async function differences(app: ApplicationService, db: Database, module: string) {
  const runner = new MigrationRunner(db, app, {
    direction: 'up',
    connectionName: `${module}_owner`,
  })
  const migrations = await runner.getList()
  const { rows } = await db
    .connection(module)
    .rawQuery<{ rows: { missing: string }[] }>(missingGrants)
  const steps = await pendingSteps(db.connection(module))
  return [
    ...steps.map((step) => `the messaging step ${step} is pending`),
    ...migrations.flatMap(({ name, status }) => {
      if (status === 'pending') return [`the migration ${name} is pending`]
      return status === 'corrupt' ? [`the migration ${name} is of another version`] : []
    }),
    ...rows.map(({ missing }) => missing),
  ]
}
