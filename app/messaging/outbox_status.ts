import type { ClientConfig } from 'pg'
import { openConnection } from './own_connection.ts'
import { isPending } from './relay_floor.ts'

/** The rate is counted among so many newest rows: there is no index on when a row was published. */
const RECENT = 100_000

export interface OutboxStatus {
  module: string
  /** Rows not yet published, those of replays apart. */
  pending: number
  /** Rows of replays not yet published. */
  replayed: number
  /** Age of the oldest pending row in seconds, null when none is; those of parked keys and replays apart. */
  oldestSeconds: number | null
  /** Published within the last minute. */
  publishedPerMinute: number
  /** Keys whose message the broker refuses. */
  parkedKeys: number
  /** Of this module's consumer. */
  deadLetters: number
  /** Keys whose messages wait behind a dead letter. */
  waitingKeys: number
}

/** What waits in a module's outbox, and at its consumer. */
export async function outboxStatus(module: string, direct: ClientConfig): Promise<OutboxStatus> {
  const client = await openConnection(direct)
  try {
    const { rows } = await client.query<Omit<OutboxStatus, 'module'>>(/* sql */ `
      select count(*) filter (where not replayed) as pending,
        count(*) filter (where replayed) as replayed,
        extract(epoch from clock_timestamp() - min(created_at) filter (where not replayed and not parked))::float8
          as "oldestSeconds",
        (select count(*) from (select published_at from outbox order by id desc limit ${RECENT}) as recent
         where published_at > now() - interval '1 minute') as "publishedPerMinute",
        (select count(*) from parked_keys) as "parkedKeys",
        (select count(*) from dead_letters) as "deadLetters",
        (select count(*) from waiting_keys) as "waitingKeys"
      from (select created_at, headers ? 'ce_replayof' as replayed, key in (select key from parked_keys) as parked
            from outbox where ${isPending}) as waiting`)
    return { module, ...rows[0] }
  } finally {
    await client.end()
  }
}
