/*
 * The outbox: a message is a row in the transaction that it reports. What commits is published, what
 * rolls back was never said.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Message } from './message.ts'
import { keyHash } from './partition.ts'
import { run } from './sql.ts'

const insertMessages = {
  name: 'outbox_add',
  text: /* sql */ `
    insert into outbox (message_id, topic, key, key_hash, type, version, data, headers, created_at)
    select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::smallint[],
                         $7::json[], $8::jsonb[], $9::timestamptz[])`,
}

const wakers = new Map<string, Set<() => void>>()

/**
 * Adds messages to the outbox of the module whose connection `trx` runs on.
 *
 * Call it AFTER the rows of the messages' aggregates are inserted or locked in the same transaction:
 * the id drawn under that lock is the commit order of the key. Messages of one call keep their order.
 */
async function add(trx: TransactionClientContract, messages: Message<unknown>[]): Promise<void> {
  if (messages.length === 0) return
  await run(trx, insertMessages, columns(messages))
  trx.after('commit', () => committed(trx))
}

/** The values of `add`'s statement, also for one-statement writes that bring their own insert. */
function columns(messages: Message<unknown>[]) {
  return [
    messages.map((message) => message.id),
    messages.map((message) => message.topic),
    messages.map((message) => message.key),
    messages.map((message) => keyHash(message.key)),
    messages.map((message) => message.type),
    messages.map((message) => message.version),
    messages.map((message) => JSON.stringify(message.data)),
    messages.map((message) => JSON.stringify(message.headers)),
    messages.map((message) => message.time),
  ]
}

/** Says that rows were committed: the module's relay reads at once instead of at its next poll. */
function committed(client: QueryClientContract) {
  for (const wake of wakers.get(client.connectionName) ?? []) wake()
}

/** @returns a function that ends the listening */
function onCommitted(connectionName: string, wake: () => void) {
  const all = wakers.get(connectionName) ?? new Set()
  wakers.set(connectionName, all.add(wake))
  return () => void all.delete(wake)
}

export const outbox = { add, columns, committed, onCommitted }
