/*
 * Which transport an outbox goes through is on record, and over how many partitions: changing either
 * without care loses messages, or the order of their keys.
 */
import type { MessagingConfig } from './define_config.ts'
import { inboxNeeded } from './inbox_needed.ts'
import type { LeaderConnection } from './leader_connection.ts'
import type { Transport } from './transports/transport.ts'

/**
 * Opens the module's topic, and puts the transport on record.
 *
 * @returns the topic's partitions
 * @throws Error that says what to do: when the broker's partitions are not those on record, and when an
 *   outbox that went through Kafka would go on without it. Rows that Kafka had acknowledged, but that we
 *   had not handled, would be lost to us. And when inboxes would forget what may still be delivered again.
 */
export async function settleTransport(
  connection: LeaderConnection,
  options: {
    module: string
    transport: Transport
    acceptTransportChange: boolean
    retention?: MessagingConfig['retention']
    hears?: string[]
  }
): Promise<number> {
  const { module, transport, acceptTransportChange, retention, hears = [] } = options
  const [last] = await connection.query<{
    transport: string | null
    partitions: number | null
    in_doubt: boolean
  }>(
    // Looked for where it matters alone: where no row went through Kafka, all of them are read in vain.
    `select transport, partitions, case when $1 = 'embedded' and transport = 'kafka' then
       exists (select from outbox where id > verified_id and partition is not null) else false end as in_doubt
     from messaging_state`,
    [transport.name]
  )
  if (last.in_doubt && !acceptTransportChange) {
    throw new Error(
      `the messages of ${module} went through Kafka until now, and some may still be there alone. Start once more with KAFKA_BROKERS until "node ace messaging:verify" is clean: that allows the change. Or set TRANSPORT_CHANGE=accept`
    )
  }
  const partitions = await transport.openTopic(module)
  const known = last.transport === transport.name ? last.partitions : null
  if (known !== null && known !== partitions) {
    throw new Error(
      `the topic ${module} has ${partitions} partitions, but its messages were spread over ${known}: the order of their keys would be lost. Change the number with "node ace messaging:topics --partitions"`
    )
  }
  if (retention) {
    for (const topic of hears) await requireInboxKept(transport, topic, retention)
  }
  await connection.query('update messaging_state set transport = $1, partitions = $2', [
    transport.name,
    partitions,
  ])
  return partitions
}

async function requireInboxKept(
  transport: Transport,
  topic: string,
  { outbox, inbox }: MessagingConfig['retention']
) {
  if (inbox === undefined) return
  const needed = await inboxNeeded(transport, topic, outbox)
  if (inbox >= needed) return
  throw new Error(
    `INBOX_RETENTION is ${hours(inbox)}, but messages of ${topic} may be delivered again for ${hours(needed)}: out of the topic, or by a replay. Set more, or leave it out`
  )
}

function hours(milliseconds: number) {
  return Number.isFinite(milliseconds) ? `${Math.ceil(milliseconds / 3_600_000)}h` : 'ever'
}
