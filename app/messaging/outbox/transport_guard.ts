/*
 * Each outbox stores its transport and partition count. An unchecked change of the transport would lose messages,
 * one of the partition count the order of keys.
 */
import type { MessagingConfig } from '../define_config.ts'
import type { Transport } from '../transports/transport.ts'
import type { LeaderConnection } from './leader_connection.ts'
import { minimumInboxRetention } from './minimum_inbox_retention.ts'

interface StoredTransport {
  transport: string | null
  partitions: number | null
  /** Messages since the last clean verification went through a transport that stores them. */
  isUnverified: boolean
}

/**
 * Opens the module's topic, and stores the transport and the topic's partition count.
 *
 * @returns the partition count
 * @throws Error that says what to do: when the partition count differs from the stored one; when messages
 *   that another transport stores may be unhandled; when inboxes would forget ids that may be delivered
 *   again
 */
export async function checkTransportChange(
  connection: LeaderConnection,
  options: {
    module: string
    transport: Transport
    acceptTransportChange: boolean
    retention?: MessagingConfig['retention']
    topics?: string[]
  }
): Promise<number> {
  const { module, transport, acceptTransportChange, retention, topics = [] } = options
  const [stored] = await connection.query<StoredTransport & Record<string, unknown>>(
    // Only a transport that stores messages gives rows a partition. The whole outbox is searched only after
    // a change from such a transport, which the newest published row shows.
    `select transport, partitions, case
       when transport <> $1 and (select partition is not null from outbox where published_at is not null
         order by id desc limit 1)
       then exists (select from outbox where id > verified_id and partition is not null)
       else false end as "isUnverified"
     from messaging_state`,
    [transport.name]
  )
  if (stored.isUnverified && !acceptTransportChange) {
    throw new Error(
      `the transport of ${module} was ${stored.transport}, which may still store unhandled messages. Start with it again until "node ace messaging:verify" finds nothing, or set TRANSPORT_CHANGE=accept`
    )
  }
  const partitions = await transport.openTopic(module)
  const expected = stored.transport === transport.name ? stored.partitions : null
  if (expected !== null && expected !== partitions) {
    throw new Error(
      `the topic ${module} has ${partitions} partitions, but its messages were spread over ${expected}: keys would lose their order. Change the number with "node ace messaging:topics --partitions"`
    )
  }
  if (stored.transport !== null && stored.transport !== transport.name) {
    // Consumers no longer read the topics in which they were stopped.
    await connection.query('delete from unreadable_batches where skipped_at is null')
  }
  if (retention) {
    for (const topic of topics) await assertInboxRetention(transport, topic, retention)
  }
  // After an accepted change, the messages of the other transport count as verified.
  await connection.query(
    `update messaging_state set transport = $1, partitions = $2,
       verified_id = case when $3 then (select coalesce(max(id), 0) from outbox) else verified_id end`,
    [transport.name, partitions, stored.isUnverified]
  )
  return partitions
}

async function assertInboxRetention(
  transport: Transport,
  topic: string,
  { outbox, inbox }: MessagingConfig['retention']
) {
  if (inbox === undefined) return
  const needed = await minimumInboxRetention(transport, topic, outbox)
  if (inbox >= needed) return
  throw new Error(
    `INBOX_RETENTION is ${hours(inbox)}, but the topic or a replay may deliver messages of ${topic} again for ${hours(needed)}. Raise it, or leave it unset`
  )
}

function hours(milliseconds: number) {
  return Number.isFinite(milliseconds)
    ? `${Math.ceil(milliseconds / 3_600_000)}h`
    : 'an unlimited time'
}
