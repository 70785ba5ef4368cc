/*
 * Dead letters keep the order of their key: the message that failed and every later one of its key
 * wait here, in order, until a person redrives them. Other keys flow on.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { decode, LONGEST_KEY, type Message } from './message.ts'
import { isMachineTrouble } from './retry_policy.ts'
import { run } from './sql.ts'
import type { Delivery } from './transports/transport.ts'

/** `failed`: its own fault. `waiting`: behind one that failed. `junk`: no envelope of ours. */
export type DeadReason = 'failed' | 'waiting' | 'junk'

export interface Burial {
  delivery: Delivery
  message: Message | null
  reason: DeadReason
  error: Error | null
  attempts: number
}

const insertLetters = {
  name: 'dead_letters_insert',
  text: /* sql */ `
    insert into dead_letters (consumer, reason, topic, partition, "offset", message_id, key, type, value,
                              headers, error_class, error_message, error_stack, attempts)
    select $1, letter.* from unnest($2::text[], $3::text[], $4::int[], $5::bigint[], $6::uuid[], $7::text[],
      $8::text[], $9::text[], $10::jsonb[], $11::text[], $12::text[], $13::text[], $14::int[]) as letter
    on conflict (consumer, topic, partition, "offset") where reason = 'junk' do nothing`,
}

const insertWaitingKeys = {
  name: 'waiting_keys_insert',
  text: /* sql */ `
    insert into waiting_keys (consumer, key) select $1, unnest($2::text[]) on conflict do nothing`,
}

/**
 * Lays letters down, in order, and lets the keys of those that failed wait. Junk makes no key wait:
 * whoever can write junk must not stop an order.
 */
export async function bury(trx: TransactionClientContract, consumer: string, burials: Burial[]) {
  if (burials.length === 0) return
  await run(trx, insertLetters, [
    consumer,
    burials.map(({ reason }) => reason),
    burials.map(({ delivery }) => delivery.topic),
    burials.map(({ delivery }) => delivery.partition),
    burials.map(({ delivery }) => delivery.offset),
    burials.map(({ message }) => message?.id ?? null),
    burials.map(({ delivery }) => storable(delivery.record.key?.slice(0, LONGEST_KEY) ?? null)),
    burials.map(({ message }) => message?.type ?? null),
    burials.map(({ delivery }) => storable(delivery.record.value?.toString('utf8') ?? null)),
    burials.map(({ delivery }) => storableJson(delivery.record.headers)),
    burials.map(({ error }) => error?.constructor.name ?? null),
    burials.map(({ error }) => storable(error ? explain(error) : null)),
    burials.map(({ error }) => storable(error?.stack ?? null)),
    burials.map(({ attempts }) => attempts),
  ])
  const failed = burials.filter(({ reason }) => reason === 'failed')
  if (failed.length === 0) return
  await run(trx, insertWaitingKeys, [consumer, failed.map(({ message }) => message!.key)])
}

/** vine says what is wrong in `messages`, not in `message`. */
function explain(error: Error) {
  const { messages } = error as { messages?: { field: string; message: string }[] }
  if (!Array.isArray(messages)) return error.message
  return messages.map(({ field, message }) => `${field}: ${message}`).join('; ')
}

/** PostgreSQL's text holds no NUL; junk may. */
function storable(text: string | null) {
  return text?.replaceAll('\u0000', '\uFFFD') ?? null
}

/** Its jsonb does not hold one even escaped. */
function storableJson(headers: Record<string, string>) {
  return JSON.stringify(headers).replaceAll('\\u0000', '\\uFFFD')
}

interface Letter {
  id: string
  topic: string
  value: string
  key: string
  headers: Record<string, string>
}

/**
 * Handles the letters of one key again, in order, one transaction each; new messages of the key wait
 * behind them meanwhile. Stops at the first that fails again: it stays, with its error and one attempt
 * more, and the key goes on waiting.
 *
 * @param handle - validates and handles one message in the transaction
 * @returns how many were handled, and whether the key is free now
 * @throws on machine trouble; the letter in hand stays as it was
 */
export async function redrive(
  client: QueryClientContract,
  consumer: string,
  key: string,
  handle: (message: Message, trx: TransactionClientContract) => Promise<void>
): Promise<{ handled: number; free: boolean }> {
  for (let handled = 0; ; handled++) {
    const step = await redriveFirst(client, consumer, key, handle)
    if (step === 'failed') return { handled, free: false }
    if (step === 'none') return { handled, free: true }
    if (step === 'last') return { handled: handled + 1, free: true }
  }
}

async function redriveFirst(
  client: QueryClientContract,
  consumer: string,
  key: string,
  handle: (message: Message, trx: TransactionClientContract) => Promise<void>
): Promise<'none' | 'one' | 'last' | 'failed'> {
  let current: Letter | undefined
  try {
    return await client.transaction(async (trx) => {
      // The consumer takes the same lock before it lays a later message of the key behind these.
      const { rows: waiting } = await trx.rawQuery<{ rows: object[] }>(
        'select key from waiting_keys where consumer = ? and key = ? for update',
        [consumer, key]
      )
      // Without the lock nothing may be said of the key: it may begin to wait at this moment.
      if (waiting.length === 0) return 'none'
      const { rows } = await trx.rawQuery<{ rows: Letter[] }>(
        `select id, topic, value, key, headers from dead_letters
         where consumer = ? and key = ? and reason <> 'junk' order by id limit 2`,
        [consumer, key]
      )
      current = rows[0]
      if (current) {
        const { topic, value, headers } = current
        await handle(decode(topic, { key, value: Buffer.from(value), headers }), trx)
        await trx.rawQuery('delete from dead_letters where id = ?', [current.id])
      }
      if (rows.length > 1) return 'one'
      await trx.rawQuery('delete from waiting_keys where consumer = ? and key = ?', [consumer, key])
      return current ? 'last' : 'none'
    })
  } catch (error) {
    if (!current || isMachineTrouble(error)) throw error
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
