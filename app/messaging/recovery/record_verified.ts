import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { withDedicatedConnections } from '#postgres/dedicated_connection'
import type { MessagingConfig } from '../define_config.ts'
import { verify, type VerifiedModule } from './verify.ts'

/** Longer than the longest transaction of the app. */
const COMMITTED_WITHIN_MS = 35_000

/**
 * Records in each module that everything up to now is handled, so that the transport may be changed. Records nothing
 * when a message is missing, or another transaction on the server takes too long.
 */
export async function recordVerified(
  modules: VerifiedModule[],
  { namespace, retention }: Pick<MessagingConfig, 'namespace' | 'retention'>
) {
  const directs = modules.map(({ direct }) => direct)
  await withDedicatedConnections(directs, async (clients) => {
    // Read before the proof, which does not cover rows that commit during it.
    const ends = await Promise.all(clients.map(lastCommittedRow))
    const { findings } = await verify(modules, {
      ...{ olderThan: 0, namespace, retention: retention.outbox },
      contents: async () => null,
    })
    if (findings.length > 0 || ends.includes(null)) return
    for (const [index, client] of clients.entries()) {
      await client.query('update messaging_state set verified_id = $1', [ends[index]])
    }
  })
}

/** The last row of an outbox, once no transaction can still commit an earlier one; null if that takes too long. */
async function lastCommittedRow(client: Client): Promise<string | null> {
  const look = async () => {
    const { rows } = await client.query<Record<'id' | 'xmin' | 'xmax', string>>(
      `select (select coalesce(max(id), 0)::text from outbox) as id,
         pg_snapshot_xmin(snapshot)::text as xmin, pg_snapshot_xmax(snapshot)::text as xmax
       from (select pg_current_snapshot() as snapshot) as now`
    )
    return rows[0]
  }
  const { id, xmax } = await look()
  const until = Date.now() + COMMITTED_WITHIN_MS
  while (Date.now() < until) {
    const { xmin } = await look()
    if (BigInt(xmin) >= BigInt(xmax)) return id
    await sleep(100)
  }
  return null
}
