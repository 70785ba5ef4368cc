/*
 * The inbox: a message's id commits with its effect, so that a message that comes twice has one.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { run } from './sql.ts'

// Ids go in sorted, so that two processes with overlapping batches wait for each other in one order.
const insertNew = {
  name: 'inbox_insert',
  text: /* sql */ `
    insert into inbox (consumer, message_id)
    select $1, id from unnest($2::uuid[]) as id order by id
    on conflict do nothing
    returning message_id`,
}

const lockWaitingKeys = {
  name: 'inbox_waiting_keys',
  text: /* sql */ `
    select key from waiting_keys where consumer = $1 and key = any ($2::text[]) order by key for update`,
}

/** @returns those of the ids that this consumer had not seen: they are its own to handle now */
export async function admit(trx: TransactionClientContract, consumer: string, ids: string[]) {
  if (ids.length === 0) return new Set<string>()
  const rows = await run<{ message_id: string }>(trx, insertNew, [consumer, ids])
  return new Set(rows.map((row) => row.message_id))
}

/** Locks and returns those of the keys that wait behind a dead letter: a redrive holds the same lock. */
export async function waitingKeys(
  trx: TransactionClientContract,
  consumer: string,
  keys: string[]
) {
  if (keys.length === 0) return new Set<string>()
  const rows = await run<{ key: string }>(trx, lockWaitingKeys, [consumer, keys])
  return new Set(rows.map((row) => row.key))
}
