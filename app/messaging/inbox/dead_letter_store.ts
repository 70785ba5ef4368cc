/*
 * Dead letters keep the order of their key: a message that failed and every later one of its key wait here, in
 * order, until an operator redrives them. Other keys are not affected.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { decode, MAX_KEY_LENGTH, type Message } from '../message/message.ts'
import { runInOrder, type Call } from '#postgres/run'
import type { Delivery } from '../transports/transport.ts'

/** `failed`: a permanent error. `waiting`: it hit a time limit, or is behind another message of its key. `junk`: malformed. */
export type DeadReason = 'failed' | 'waiting' | 'junk'

export interface DeadLetterEntry {
  delivery: Delivery
  message: Message | null
  reason: DeadReason
  error: Error | null
  attempts: number
}

/** Column, its type, and its value for an entry. */
const COLUMNS: [name: string, type: string, value: (entry: DeadLetterEntry) => unknown][] = [
  ['reason', 'text', ({ reason }) => reason],
  ['topic', 'text', ({ delivery }) => delivery.topic],
  ['partition', 'int', ({ delivery }) => delivery.partition],
  ['"offset"', 'bigint', ({ delivery }) => delivery.offset],
  ['message_id', 'uuid', ({ message }) => message?.id ?? null],
  ['key', 'text', ({ delivery }) => storable(delivery.record.key?.slice(0, MAX_KEY_LENGTH))],
  ['type', 'text', ({ message }) => message?.type ?? null],
  ['value', 'text', ({ delivery }) => storable(delivery.record.value?.toString('utf8'))],
  ['headers', 'jsonb', ({ delivery }) => storableJson(delivery.record.headers)],
  ['error_class', 'text', ({ error }) => error?.constructor.name ?? null],
  ['error_message', 'text', ({ error }) => storable(error && explain(error))],
  ['error_stack', 'text', ({ error }) => storable(error?.stack)],
  ['attempts', 'int', ({ attempts }) => attempts],
]

const insertDeadLetters = {
  name: 'dead_letters_insert',
  text: /* sql */ `
    insert into dead_letters (consumer, ${COLUMNS.map(([name]) => name).join(', ')})
    select $1, letter.*
    from unnest(${COLUMNS.map(([, type], index) => `$${index + 2}::${type}[]`).join(', ')}) as letter
    on conflict (consumer, topic, partition, "offset") where reason = 'junk' do nothing`,
}

const insertBlockedKeys = {
  name: 'waiting_keys_insert',
  text: /* sql */ `
    insert into waiting_keys (consumer, key) select $1, unnest($2::text[]) on conflict do nothing`,
}

/**
 * Statements that write dead letters in order, and block the keys of those that failed. A malformed message blocks no
 * key: another producer must not be able to stop an order.
 */
export function deadLetterWrites(consumer: string, entries: DeadLetterEntry[]): Call[] {
  if (entries.length === 0) return []
  const columns = COLUMNS.map(([, , value]) => entries.map(value))
  const failed = entries.filter(({ reason }) => reason === 'failed')
  const keys = failed.map(({ message }) => message!.key)
  const insert: Call = [insertDeadLetters, [consumer, ...columns]]
  return keys.length > 0 ? [insert, [insertBlockedKeys, [consumer, keys]]] : [insert]
}

/** Runs `deadLetterWrites` in a transaction of the caller. */
export async function writeDeadLetters(
  trx: TransactionClientContract,
  consumer: string,
  entries: DeadLetterEntry[]
) {
  await runInOrder(trx, ...deadLetterWrites(consumer, entries))
}

/** Errors of vine have their details in `messages`. */
function explain(error: Error) {
  const { messages } = error as { messages?: { field: string; message: string }[] }
  if (!Array.isArray(messages)) return error.message
  return messages.map(({ field, message }) => `${field}: ${message}`).join('; ')
}

/** PostgreSQL's text cannot hold NUL; a malformed message may contain it. */
function storable(text: string | null | undefined) {
  return text?.replaceAll('\u0000', '\uFFFD') ?? null
}

/** Its jsonb cannot hold NUL even escaped. */
function storableJson(headers: Record<string, string>) {
  return JSON.stringify(headers).replaceAll('\\u0000', '\\uFFFD')
}

interface DeadLetter {
  id: string
  topic: string
  value: string
  key: string
  headers: Record<string, string>
}

interface RedriveHandlers {
  /** First part of the messages' `ce_type`. */
  namespace: string
  handle(message: Message, trx: TransactionClientContract): Promise<void>
  isTransient(error: unknown): Promise<boolean>
}

/**
 * Handles the dead letters of one key again, in order, one transaction each. New messages of the key wait behind
 * them meanwhile. Stops at the first that fails again: it stays, with its new error and one more attempt, and the
 * key stays blocked.
 *
 * @param handlers.handle - validates and handles one message in the transaction
 * @returns the number of handled messages, and whether the key is unblocked
 * @throws a transient error; the current dead letter stays as it was
 */
export async function redrive(
  client: QueryClientContract,
  consumer: string,
  key: string,
  handlers: RedriveHandlers
): Promise<{ handled: number; unblocked: boolean }> {
  for (let handled = 0; ; handled++) {
    const step = await redriveFirst(client, consumer, key, handlers)
    if (step === 'failed') return { handled, unblocked: false }
    if (step === 'none') return { handled, unblocked: true }
    if (step === 'last') return { handled: handled + 1, unblocked: true }
  }
}

async function redriveFirst(
  client: QueryClientContract,
  consumer: string,
  key: string,
  { namespace, handle, isTransient }: RedriveHandlers
): Promise<'none' | 'one' | 'last' | 'failed'> {
  let current: DeadLetter | undefined
  try {
    return await client.transaction(async (trx) => {
      // The consumer takes the same lock before it writes another dead letter of the key.
      const { rows: blocked } = await trx.rawQuery<{ rows: object[] }>(
        'select key from waiting_keys where consumer = ? and key = ? for update',
        [consumer, key]
      )
      // Without the lock the key may become blocked at this very moment.
      if (blocked.length === 0) return 'none'
      const { rows } = await trx.rawQuery<{ rows: DeadLetter[] }>(
        `select id, topic, value, key, headers from dead_letters
         where consumer = ? and key = ? and reason <> 'junk' order by id limit 2`,
        [consumer, key]
      )
      current = rows[0]
      if (current) {
        const { topic, value, headers } = current
        const record = { key, value: Buffer.from(value), headers }
        await handle(decode(topic, record, namespace), trx)
        await trx.rawQuery('delete from dead_letters where id = ?', [current.id])
      }
      if (rows.length > 1) return 'one'
      await trx.rawQuery('delete from waiting_keys where consumer = ? and key = ?', [consumer, key])
      return current ? 'last' : 'none'
    })
  } catch (error) {
    if (!current || (await isTransient(error))) throw error
    await client.rawQuery(
      `update dead_letters set attempts = attempts + 1, reason = 'failed', error_class = ?,
       error_message = ?, error_stack = ? where id = ?`,
      [
        (error as Error).constructor.name,
        storable(explain(error as Error))!,
        storable((error as Error).stack ?? '')!,
        current.id,
      ]
    )
    return 'failed'
  }
}
