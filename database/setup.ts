/*
 * `db:setup` creates the schema, role and tables of each module. It can run again, and in several processes at once.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApplicationService } from '@adonisjs/core/types'
import type { Database } from '@adonisjs/lucid/database'
import { MigrationRunner } from '@adonisjs/lucid/migration'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { modules, type ModuleName } from '#config/database'
import messagingConfig from '#config/messaging'
import { installMessaging, pendingSteps } from '#messaging/installer'
import { countChangedDecimals, isOfRelease010, type ChangedDecimals } from './changed_decimals.ts'

const LOCK_POLL_MS = 100

export interface SetupReport {
  module: ModuleName
  /** Names of the installer's steps and of the migrations that ran now. */
  migrated: string[]
  /** Amounts that are displayed differently after an upgrade from 0.1.0. */
  changedDecimals: ChangedDecimals[]
}

/**
 * Creates missing schemas, roles (without login; connections use SET ROLE), grants and tables.
 *
 * @throws DatabaseError, with code 42501 when the user of the URL may not create roles or schemas
 */
export async function setUpDatabases(
  app: ApplicationService,
  db: Database,
  options: { dryRun?: boolean } = {}
): Promise<SetupReport[]> {
  const reports: SetupReport[] = []
  for (const module of modules) {
    if (!options.dryRun) await createSchemaAndRole(db, module)
    reports.push(
      await exclusively(db, module, async (owner) => {
        const isOld = await isOfRelease010(owner, module)
        const installed = await install(owner, module, options)
        const migrated = [...installed, ...(await migrate(app, db, module, options))]
        const changed = isOld && migrated.length > 0
        const changedDecimals = changed ? await countChangedDecimals(owner, module) : []
        return { module, migrated, changedDecimals }
      })
    )
  }
  return reports
}

/** Runs `work` in one process at a time; others wait. With Lucid's own lock, they would exit. */
async function exclusively<T>(
  db: Database,
  module: ModuleName,
  work: (owner: QueryClientContract) => Promise<T>
): Promise<T> {
  return db.connection(`${module}_owner`).transaction(async (trx) => {
    // Not a statement that waits: it would hold a snapshot, for which `create index concurrently` waits.
    while (!(await takesMigrationLock(trx))) await sleep(LOCK_POLL_MS)
    return work(db.connection(`${module}_owner`))
  })
}

async function takesMigrationLock(trx: QueryClientContract): Promise<boolean> {
  const { rows } = await trx.rawQuery<{ rows: { taken: boolean }[] }>(
    `select pg_try_advisory_xact_lock(hashtext('quartermaster migrations')) as taken`
  )
  return rows[0].taken
}

async function createSchemaAndRole(db: Database, module: ModuleName) {
  const role = `${module}_app`
  await db.connection(`${module}_owner`).transaction(async (trx) => {
    // Roles belong to the cluster, so setups of several modules and databases conflict.
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

/** Installs the kernel's tables, before the migrations of the module, which may read them. */
async function install(
  owner: QueryClientContract,
  module: ModuleName,
  { dryRun = false }: { dryRun?: boolean }
) {
  if (!messagingConfig.modules.some(({ name }) => name === module)) return []
  const steps = await (dryRun ? pendingSteps(owner) : installMessaging(owner))
  return steps.map((name) => `messaging/${name}`)
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
  if (runner.error) throw migrationError(runner)
  return Object.values(runner.migratedFiles)
    .filter(({ status }) => status === 'completed' || dryRun)
    .map(({ file }) => file.name)
}

/** The error of a migration, with the migration's name. */
function migrationError({ error, migratedFiles }: MigrationRunner): Error {
  const failed = Object.values(migratedFiles).find(({ status }) => status === 'error')
  if (failed) error!.message = `The migration ${failed.file.name} failed: ${error!.message}`
  return error!
}
