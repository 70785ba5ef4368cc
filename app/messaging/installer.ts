/*
 * Creates and upgrades the kernel's tables: versioned steps, each recorded in `messaging_steps`.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { KERNEL_STEPS, type SchemaStep } from './schema.ts'

const createRecord = /* sql */ `
  create table if not exists messaging_steps (
    name text primary key,
    applied_at timestamptz not null default clock_timestamp()
  )`

/**
 * Creates the kernel's tables in the schema of a connection, or upgrades them. A database that migrations
 * of release 0.1.0 or later have set up is adopted. Safe to run again, and from several processes at once.
 *
 * @param owner - the connection that owns the tables; its pool needs two connections
 * @returns the names of the steps that ran now
 */
export async function installMessaging(
  owner: QueryClientContract,
  steps: SchemaStep[] = KERNEL_STEPS
): Promise<string[]> {
  // The lock spans online steps too, which run on another connection.
  return owner.transaction(async (lock) => {
    await lock.rawQuery(`select pg_advisory_xact_lock(hashtext('messaging installer'))`)
    await owner.rawQuery(createRecord)
    const pending = await pendingSteps(owner, steps)
    for (const step of steps) {
      if (pending.includes(step.name)) await runStep(owner, step)
      else await record(owner, step)
    }
    return pending
  })
}

/** The names of the steps that `installMessaging` would run. The module's own role may ask too. */
export async function pendingSteps(
  client: QueryClientContract,
  steps: SchemaStep[] = KERNEL_STEPS
): Promise<string[]> {
  const recorded = await recordedSteps(client)
  const pending: string[] = []
  for (const { name, isApplied } of steps) {
    if (!recorded.has(name) && !(await holds(client, isApplied))) pending.push(name)
  }
  return pending
}

async function recordedSteps(client: QueryClientContract): Promise<Set<string>> {
  const hasRecord = `select to_regclass(quote_ident(current_schema) || '.messaging_steps') is not null as applied`
  if (!(await holds(client, hasRecord))) return new Set()
  const rows = await client.from('messaging_steps').select('name')
  return new Set(rows.map(({ name }) => name))
}

async function holds(client: QueryClientContract, query: string | undefined): Promise<boolean> {
  if (!query) return false
  const { rows } = await client.rawQuery<{ rows: { applied: boolean }[] }>(query)
  return rows[0].applied
}

async function runStep(owner: QueryClientContract, step: SchemaStep) {
  await step.online?.(owner)
  await owner.transaction(async (trx) => {
    if (step.sql) await trx.rawQuery(step.sql)
    await record(trx, step)
  })
}

async function record(client: QueryClientContract, { name }: SchemaStep) {
  await client.rawQuery('insert into messaging_steps (name) values (?) on conflict do nothing', [
    name,
  ])
}
