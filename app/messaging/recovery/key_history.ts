/*
 * The messages of one key: published, dead-lettered, parked or blocked.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'

export interface SentMessage {
  id: string
  type: string
  data: unknown
  createdAt: Date
  /** Null while it is pending. */
  publishedAt: Date | null
  /** Its position in the topic, where the transport stores messages. */
  partition: number | null
  offset: number | null
  /** The id of the message that it repeats; null for most. */
  resendOf: string | null
}

/** The messages of a key in commit order, without replays; only the one with `messageId` if it is given. */
export async function sentMessages(
  client: QueryClientContract,
  key: string,
  { messageId }: { messageId?: string } = {}
): Promise<SentMessage[]> {
  return client
    .from('outbox')
    .where('key', key)
    .if(messageId, (query) => query.where('message_id', messageId!))
    .whereRaw(`headers->>'ce_replayof' is null`)
    .orderBy('id')
    .select('message_id as id', 'type', 'data', 'created_at as createdAt')
    .select('published_at as publishedAt', 'partition', 'offset')
    .select(client.raw(`headers->>'ce_resendof' as "resendOf"`))
}

export interface KeyDeadLetter {
  type: string
  reason: string
  error: string | null
  createdAt: Date
}

/** The dead letters of a key, the oldest first. */
export async function deadLettersOf(
  client: QueryClientContract,
  key: string
): Promise<KeyDeadLetter[]> {
  return client
    .from('dead_letters')
    .where('key', key)
    .orderBy('id')
    .select('type', 'reason', 'error_message as error', 'created_at as createdAt')
}

/** The error with which the broker refuses a message of the key; null when the key is not parked. */
export async function parkedKey(
  client: QueryClientContract,
  key: string
): Promise<{ error: string; parkedAt: Date } | null> {
  const parked = client.from('parked_keys').where('key', key)
  return (await parked.select('error', 'parked_at as parkedAt').first()) ?? null
}

export interface BlockedKey {
  since: Date
  /** Null when the failed message was discarded. */
  error: string | null
  /** Dead letters of the key, the failed one among them. */
  letters: number
}

/** The dead letter that blocks a key of a consumer; null when the key is not blocked. */
export async function blockedKey(
  client: QueryClientContract,
  consumer: string,
  key: string
): Promise<BlockedKey | null> {
  const { rows } = await client.rawQuery<{ rows: BlockedKey[] }>(
    `select since,
       (select error_message from dead_letters where dead_letters.consumer = waiting_keys.consumer
        and dead_letters.key = waiting_keys.key and error_message is not null order by id limit 1) as error,
       (select count(*)::int from dead_letters where dead_letters.consumer = waiting_keys.consumer
        and dead_letters.key = waiting_keys.key and reason <> 'junk') as letters
     from waiting_keys where consumer = ? and key = ?`,
    [consumer, key]
  )
  return rows[0] ?? null
}
