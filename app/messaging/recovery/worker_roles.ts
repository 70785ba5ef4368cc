/*
 * When a process last reported that it runs a worker role, by the clock of the module's database, because the clocks of
 * machines differ.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#postgres/run'

// Sorted, so that all processes lock the rows in the same order.
const reportRoles = {
  name: 'worker_roles_beat',
  text: /* sql */ `
    insert into worker_roles (role, seen_at)
    select role, clock_timestamp() from unnest($1::text[]) as role order by role
    on conflict (role) do update set seen_at = greatest(worker_roles.seen_at, excluded.seen_at)`,
}

/** Records that this process runs the roles now. */
export async function reportWorkerRoles(client: QueryClientContract, roles: readonly string[]) {
  await run(client, reportRoles, [roles])
}

const readRoles = {
  name: 'worker_roles_read',
  text: /* sql */ `
    select role, greatest(0, extract(epoch from clock_timestamp() - seen_at))::float8 as seconds
    from worker_roles`,
}

/** Role → seconds since its last report; roles that were never reported are missing. */
export async function workerRoleAges(client: QueryClientContract): Promise<Map<string, number>> {
  const rows = await run<{ role: string; seconds: number }>(client, readRoles, [])
  return new Map(rows.map(({ role, seconds }) => [role, seconds]))
}
