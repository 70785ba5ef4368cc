/*
 * Three modules, three schemas, three roles; MODULES says which of them run here, accounts always does. `<module>` is the connection for the app's work: it acts
 * as `<module>_app`, which can read no other module's tables, and ends whatever takes too long.
 * `directConnection` has no such limits and goes around a pooler, for relays and proofs;
 * `<module>_owner` owns the tables, for migrations.
 */
import '#database/loud_commit'
import env from '#start/env'
import { defineConfig } from '@adonisjs/lucid'
import pg, { type Client } from 'pg'

// Our largest bigints are amounts below 2^53 and row ids: numbers hold them exactly.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export type ModuleName = 'orders' | 'inventory' | 'accounts'

/** Those that run in this process. */
export const modules: ModuleName[] = [...env.get('MODULES'), 'accounts']

/** Whether the module runs in this process, or in one of its own. */
export function runsHere(module: ModuleName) {
  return modules.includes(module)
}

/** Those with models, whose classes are made from the tables; orders reads its tables by statement. */
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
 * A statement that waits longer than this is given up, and with it the transaction. None takes the cores of
 * others: starting a parallel worker costs more than a page's statements have to do.
 */
const LIMITS =
  '-c lock_timeout=5s -c statement_timeout=5s -c idle_in_transaction_session_timeout=5s ' +
  '-c max_parallel_workers_per_gather=0'

/** What `pg` needs to connect as a module's own role, without limits and around a pooler. */
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

/** knex logs each connection that fails, with a stack, beside throwing it: whoever asked for it reports it. */
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
      // Statements that need not wait for each other's answers travel together.
      pipeline: true,
    },
    searchPath: [module],
    log,
    pool: { min: 0, max: 16, acquireTimeoutMillis: 5_000, afterCreate: limitTransactions },
  }
}

/** PostgreSQL 17 and newer end a whole transaction too; older ones know no such setting. */
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

/** The owner of the schema: migrations, and the schema classes made from the tables. */
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
    // One holds the lock of the migrations, meanwhile.
    pool: { min: 0, max: 3 },
    migrations: { naturalSort: true, paths: [`database/${module}/migrations`] },
    schemaGeneration: {
      enabled: modelled.includes(module),
      outputPath: `database/${module}/schema.ts`,
      excludeTables: [
        'outbox',
        'inbox',
        'dead_letters',
        'waiting_keys',
        'parked_keys',
        'messaging_state',
        'operator_acts',
        'replays',
        'attempts',
        'consumer_runs',
        'suspects',
      ],
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
