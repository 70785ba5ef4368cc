/*
 * Each module has a schema, a role and two connections. `<module>` is for requests and workers: it acts as the
 * role `<module>_app`, which cannot read other modules' tables, and has time limits. `<module>_owner` owns the
 * tables, for migrations. `directConnection` bypasses a pooler and has no time limits, for relays and checks.
 */
import '#postgres/client_corrections'
import env from '#start/env'
import { KERNEL_TABLES } from '#messaging/schema'
import { defineConfig } from '@adonisjs/lucid'
import type { Client } from 'pg'

export type ModuleName = 'orders' | 'inventory' | 'accounts'

/** Modules in this process: those of MODULES, and always accounts. */
export const modules: ModuleName[] = [...env.get('MODULES'), 'accounts']

export function runsHere(module: ModuleName) {
  return modules.includes(module)
}

/** Modules whose model classes are generated from their tables. Orders uses statements only. */
export const modelled: ModuleName[] = modules.filter((module) => module !== 'orders')

const urls: Record<ModuleName, string> = {
  orders: env.get('ORDERS_DATABASE_URL') ?? env.get('DATABASE_URL')!,
  inventory: env.get('INVENTORY_DATABASE_URL') ?? env.get('DATABASE_URL')!,
  accounts: env.get('ACCOUNTS_DATABASE_URL') ?? env.get('DATABASE_URL')!,
}

const directUrls: Record<ModuleName, string> = {
  orders: env.get('ORDERS_DIRECT_URL') ?? urls.orders,
  inventory: env.get('INVENTORY_DIRECT_URL') ?? urls.inventory,
  accounts: urls.accounts,
}

/**
 * Longer statements are cancelled, and their transaction is rolled back. No parallel workers, because starting one
 * takes longer than the statements of a page. No sequential scans, because PostgreSQL keeps the plan of a prepared
 * statement: made while a table was nearly empty, it read the whole table for each batch until its statistics were
 * renewed (docs/decisions/0033-plans-of-a-large-shop.md).
 */
const LIMITS =
  '-c lock_timeout=5s -c statement_timeout=5s -c idle_in_transaction_session_timeout=5s ' +
  '-c max_parallel_workers_per_gather=0 -c enable_seqscan=off'

/** Options of `pg` to connect as a module's role, without time limits and bypassing a pooler. */
export function directConnection(module: ModuleName) {
  return {
    connectionString: directUrls[module],
    options: `-c role=${module}_app -c search_path=${module}`,
    application_name: `quartermaster ${module} direct`,
    connectionTimeoutMillis: 1_500,
    keepAlive: true,
    pipeline: true,
  }
}

/** Silences knex, which logs each failed connection with a stack in addition to throwing the error. */
const log = { warn() {} }

function moduleConnection(module: ModuleName) {
  return {
    client: 'pg' as const,
    connection: {
      connectionString: urls[module],
      options: `-c role=${module}_app ${LIMITS}`,
      application_name: `quartermaster ${module}`,
      connectionTimeoutMillis: 1_500,
      keepAlive: true,
      // Independent statements share a round trip.
      pipeline: true,
    },
    searchPath: [module],
    log,
    pool: { min: 0, max: 16, acquireTimeoutMillis: 5_000, afterCreate: limitTransactions },
  }
}

/** Limits whole transactions on PostgreSQL 17 and newer, which have the setting. */
function limitTransactions(
  connection: Client,
  done: (error: Error | null, connection: Client) => void
) {
  connection
    .query(
      `select set_config('transaction_timeout', '30s', false)
       where current_setting('server_version_num')::int >= 170000`
    )
    .then(() => done(null, connection))
    .catch((error: Error) => done(error, connection))
}

/** The owner of the schema, for migrations and for generating model classes. */
function ownerConnection(module: ModuleName) {
  return {
    client: 'pg' as const,
    connection: {
      connectionString: directUrls[module],
      application_name: `quartermaster ${module} owner`,
      connectionTimeoutMillis: 1_500,
    },
    searchPath: [module],
    log,
    // One connection holds the migration lock.
    pool: { min: 0, max: 3 },
    migrations: { naturalSort: true, paths: [`database/${module}/migrations`] },
    schemaGeneration: {
      enabled: modelled.includes(module),
      outputPath: `database/${module}/schema.ts`,
      excludeTables: [...KERNEL_TABLES, 'attempts'],
    },
  }
}

export default defineConfig({
  connection: modules[0],
  connections: Object.fromEntries(
    modules.flatMap((module) => [
      [module, moduleConnection(module)],
      [`${module}_owner`, ownerConnection(module)],
    ])
  ),
})
