/*
 * `db:setup`: each module's schema and role, and its tables. Safe to run again, and at the same time
 * from several processes.
 */
import type { ApplicationService } from '@adonisjs/core/types'
import type { Database } from '@adonisjs/lucid/database'
import { MigrationRunner } from '@adonisjs/lucid/migration'
import { modules, type ModuleName } from '#config/database'

export interface SetupReport {
  module: ModuleName
  /** Names of the migrations that ran now. */
  migrated: string[]
}

/**
 * Creates what is missing: schemas, roles (no log-in; each connection does SET ROLE), grants, tables.
 *
 * @throws DatabaseError, also with 42501 when the URL's user may not create roles or schemas
 */
export async function setUpDatabases(
  app: ApplicationService,
  db: Database,
  options: { dryRun?: boolean } = {}
): Promise<SetupReport[]> {
  const reports: SetupReport[] = []
  for (const module of modules) {
    if (!options.dryRun) await createSchemaAndRole(db, module)
    const migrated = await alone(db, module, () => migrate(app, db, module, options))
    reports.push({ module, migrated })
  }
  return reports
}

/** Whoever comes second waits: Lucid's own lock would end its process. */
async function alone<T>(db: Database, module: ModuleName, work: () => Promise<T>): Promise<T> {
  return db.connection(`${module}_owner`).transaction(async (trx) => {
    await trx.rawQuery(`select pg_advisory_xact_lock(hashtext('quartermaster migrations'))`)
    return work()
  })
}

async function createSchemaAndRole(db: Database, module: ModuleName) {
  const role = `${module}_app`
  await db.connection(`${module}_owner`).transaction(async (trx) => {
    // Roles belong to the whole cluster: two set-ups at once would trip over each other.
    await trx.rawQuery(`select pg_advisory_xact_lock(hashtext('quartermaster setup'))`)
    await trx.rawQuery(`
      do $$ begin
        if not exists (select from pg_roles where rolname = '${role}') then
          create role ${role} nologin;
        end if;
        if not pg_has_role(current_user, '${role}', 'member') then
          execute format('grant ${role} to %I', current_user);
        end if;
        if not exists (select from pg_namespace where nspname = '${module}') then
          create schema ${module};
        end if;
      end $$`)
    await trx.rawQuery(`grant usage on schema ${module} to ${role}`)
    for (const grant of [
      `select, insert, update, delete on tables`,
      `usage, select on sequences`,
    ]) {
      await trx.rawQuery(`alter default privileges in schema ${module} grant ${grant} to ${role}`)
    }
  })
}

async function migrate(
  app: ApplicationService,
  db: Database,
  module: ModuleName,
  { dryRun = false }: { dryRun?: boolean }
) {
  const runner = new MigrationRunner(db, app, {
    direction: 'up',
    connectionName: `${module}_owner`,
    dryRun,
    disableLocks: true,
  })
  await runner.run()
  if (runner.error) throw runner.error
  return Object.values(runner.migratedFiles)
    .filter(({ status }) => status === 'completed' || dryRun)
    .map(({ file }) => file.name)
}
