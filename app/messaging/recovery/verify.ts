/*
 * Proof that no message is lost: every row of every outbox is published, stored in its topic, and recorded by each
 * subscribed consumer. The outbox of a module that runs elsewhere is out of reach: only the messages in its topic are
 * looked up in the inboxes of this process's consumers.
 */
import type { Client, ClientConfig } from 'pg'
import { withDedicatedConnections } from '#postgres/dedicated_connection'
import {
  decode,
  type Message,
  type MessageDefinition,
  type WireRecord,
} from '../message/message.ts'
import type { TopicContents, Transport } from '../transports/transport.ts'

export interface VerifiedModule {
  name: string
  direct: ClientConfig
  /** The messages to which its consumer subscribes. */
  subscribedTo: MessageDefinition<unknown>[]
}

export interface Finding {
  module: string
  /** `unreadable`: stored in a batch that cannot be read. `skipped`: in a batch that an operator skipped. */
  kind: 'unpublished' | 'parked' | 'not_in_topic' | 'unreadable' | 'not_handled' | 'skipped'
  /** The consumer that has not handled it; null when that does not matter. */
  consumer: string | null
  /** Null if its module runs elsewhere. */
  outboxId: number | null
  messageId: string
  key: string
  type: string
}

export interface Verification {
  /** Messages checked. */
  checked: number
  findings: Finding[]
  /** Offsets that operators skipped, whether or not they contained messages of this app. */
  skipped: SkippedOffsets[]
}

/** Offsets are texts, because they have 64 bits. */
export interface SkippedOffsets {
  consumer: string
  topic: string
  partition: number
  first: string
  last: string
  who: string
  why: string
  at: Date
}

interface Row {
  id: number
  messageId: string
  key: string
  type: string
  version: number
  published: boolean
  partition: number | null
  offset: number | null
  parked: boolean
  replayed: boolean
  /** Published before the retention, so the inboxes may have deleted its id. */
  expired: boolean
}

const CHUNK = 5_000

/**
 * @param options.contents - reads the messages in a module's topic; null where the transport stores none
 * @param options.olderThan - milliseconds; younger messages may be in transit and are ignored
 * @param options.retention - milliseconds for which inboxes remember published messages
 */
export async function verify(
  modules: VerifiedModule[],
  options: {
    contents: Transport['contents']
    olderThan: number
    retention: number
    /** First part of the messages' `ce_type`. */
    namespace: string
    /** Receives the number of messages checked so far. */
    onProgress?: (checked: number) => void
  }
): Promise<Verification> {
  const directs = modules.map(({ direct }) => direct)
  return withDedicatedConnections(directs, async (connections) => {
    const clients = new Map(modules.map(({ name }, index) => [name, connections[index]]))
    const result: Verification = { checked: 0, findings: [], skipped: [] }
    for (const { name } of modules) result.skipped.push(...(await skippedBy(clients.get(name)!)))
    // Skipped offsets that the topic has deleted since are not listed.
    const earliest = new Map<string, TopicContents['earliest']>()
    const contents: Transport['contents'] = async (topic, how) => {
      const found = await options.contents(topic, how)
      if (found) earliest.set(topic, found.earliest)
      return found
    }
    for (const module of modules) {
      await verifyModule(module, modules, clients, { ...options, contents }, result)
    }
    for (const consumer of modules) {
      const topics = new Set(consumer.subscribedTo.map(({ topic }) => topic))
      for (const { name } of modules) topics.delete(name)
      for (const topic of topics) {
        const client = clients.get(consumer.name)!
        await verifyFromElsewhere(topic, consumer, client, { ...options, contents }, result)
      }
    }
    result.skipped = result.skipped.filter(
      ({ topic, partition, last }) => BigInt(last) >= (earliest.get(topic)?.get(partition) ?? 0n)
    )
    return result
  })
}

async function verifyModule(
  module: VerifiedModule,
  modules: VerifiedModule[],
  clients: Map<string, Client>,
  { contents, olderThan, retention, onProgress }: Parameters<typeof verify>[1],
  result: Verification
) {
  const client = clients.get(module.name)!
  // Rows published while the topic is read, which may take minutes, are not part of the proof.
  const began = await clock(client)
  // Also reads behind an open transaction of another producer: our messages are sent without one.
  const topic = await contents(module.name)
  for (let after = 0; ;) {
    const rows = await nextRows(client, after, { began, olderThan, retention })
    if (rows.length === 0) return
    after = rows[rows.length - 1].id
    result.checked += rows.length
    onProgress?.(result.checked)
    const find = (row: Row, kind: Finding['kind'], consumer: string | null = null) => {
      const { id: outboxId, messageId, key, type } = row
      result.findings.push({ module: module.name, kind, consumer, outboxId, messageId, key, type })
    }
    for (const row of rows) {
      if (!row.published) find(row, row.parked ? 'parked' : 'unpublished')
      else if (topic && isMissing(row, topic)) {
        find(row, isWithin(row, topic.unreadable) ? 'unreadable' : 'not_in_topic')
      }
    }
    for (const { name: consumer, subscribedTo } of modules) {
      // Replayed messages are checked at their first row; the inbox may have deleted their ids since.
      const published = rows.filter((row) => row.published && !row.replayed && !row.expired)
      const relevant = published.filter((row) => isSubscribed(row, module.name, subscribedTo))
      const unhandled = await notInInbox(clients.get(consumer)!, consumer, relevant)
      const skipped = result.skipped
        .filter((one) => one.consumer === consumer && one.topic === module.name)
        .map((one) => ({ ...one, first: BigInt(one.first), last: BigInt(one.last) }))
      for (const row of unhandled) {
        find(row, isWithin(row, skipped) ? 'skipped' : 'not_handled', consumer)
      }
    }
  }
}

async function verifyFromElsewhere(
  topic: string,
  { name: consumer, subscribedTo }: VerifiedModule,
  client: Client,
  { contents, olderThan, namespace, onProgress }: Parameters<typeof verify>[1],
  result: Verification
) {
  const youngest = Date.now() - olderThan
  const seen = async (records: WireRecord[]) => {
    const relevant = records
      .flatMap((record) => decodeOrNull(topic, record, namespace) ?? [])
      // Replayed messages were checked before; the inbox may have deleted their ids since.
      .filter(({ time, headers }) => Date.parse(time) <= youngest && !headers.ce_replayof)
      .map(({ id, ...message }) => ({ ...message, messageId: id }))
      .filter((row) => isSubscribed(row, topic, subscribedTo))
    result.checked += relevant.length
    onProgress?.(result.checked)
    for (const { messageId, key, type } of await notInInbox(client, consumer, relevant)) {
      const found = { kind: 'not_handled', consumer, outboxId: null, messageId, key, type } as const
      result.findings.push({ module: topic, ...found })
    }
  }
  await contents(topic, { seen, committedOnly: true })
}

/** Malformed records are dead-lettered without an inbox row, so they are ignored. */
function decodeOrNull(topic: string, record: WireRecord, namespace: string): Message | null {
  try {
    return decode(topic, record, namespace)
  } catch {
    return null
  }
}

async function clock(client: Client) {
  const { rows } = await client.query<{ now: string }>('select clock_timestamp()::text as now')
  return rows[0].now
}

async function nextRows(
  client: Client,
  after: number,
  { began, olderThan, retention }: { began: string; olderThan: number; retention: number }
) {
  const { rows } = await client.query<Row>(
    `select id, message_id as "messageId", key, type, version, published_at is not null as published, partition, "offset",
       exists (select from parked_keys where parked_keys.key = outbox.key) as parked,
       headers ? 'ce_replayof' as replayed,
       coalesce(published_at < $2::timestamptz - $4 * interval '1 millisecond', false) as expired
     from outbox
     where id > $1 and created_at <= $2::timestamptz - $3 * interval '1 millisecond'
       and (published_at is null or published_at <= $2::timestamptz)
     order by id limit ${CHUNK}`,
    [after, began, olderThan, retention]
  )
  return rows
}

/** Ignores rows that another transport published, and those that the topic has deleted since. */
function isMissing(row: Row, { messageIds, earliest }: TopicContents) {
  if (row.partition === null || row.offset === null) return false
  if (BigInt(row.offset) < (earliest.get(row.partition) ?? 0n)) return false
  return !messageIds.has(row.messageId)
}

function isWithin(
  { partition, offset }: Row,
  batches: { partition: number; first: bigint; last: bigint }[]
) {
  if (partition === null || offset === null) return false
  const at = BigInt(offset)
  return batches.some(
    (batch) => batch.partition === partition && at >= batch.first && at <= batch.last
  )
}

async function skippedBy(client: Client): Promise<SkippedOffsets[]> {
  const { rows } = await client.query<SkippedOffsets>(
    `select consumer, topic, partition, first_offset::text as first, last_offset::text as last,
       skipped_by as who, skipped_why as why, skipped_at as at
     from unreadable_batches where skipped_at is not null order by skipped_at`
  )
  return rows
}

function isSubscribed(
  row: Pick<Row, 'type' | 'version'>,
  topic: string,
  subscribedTo: MessageDefinition<unknown>[]
) {
  return subscribedTo.some(
    (one) => one.topic === topic && one.type === row.type && one.version === row.version
  )
}

/** Rows that the consumer has not recorded. Dead-lettered messages have an inbox row as well. */
async function notInInbox<R extends { messageId: string }>(
  client: Client,
  consumer: string,
  rows: R[]
): Promise<R[]> {
  if (rows.length === 0) return []
  const known = await client.query<{ id: string }>(
    'select message_id as id from inbox where consumer = $1 and message_id = any ($2::uuid[])',
    [consumer, rows.map(({ messageId }) => messageId)]
  )
  const ids = new Set(known.rows.map(({ id }) => id))
  return rows.filter(({ messageId }) => !ids.has(messageId))
}
