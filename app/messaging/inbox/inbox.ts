/*
 * The inbox: a message's id commits with its effect, so a message that arrives twice has one effect.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { runInOrder } from '#postgres/run'

// Ids are inserted in sorted order: two processes with overlapping batches must not deadlock.
const insertNew = {
  name: 'inbox_insert',
  text: /* sql */ `
    insert into inbox (consumer, message_id)
    select $1, id from unnest($2::uuid[]) as id order by id
    on conflict do nothing
    returning message_id`,
}

const lockBlockedKeys = {
  name: 'inbox_waiting_keys',
  text: /* sql */ `
    select key from waiting_keys where consumer = $1 and key = any ($2::text[]) order by key for update`,
}

/**
 * Records the messages as handled, and locks their blocked keys. A redrive holds the lock of its key, so
 * the keys are read after it has committed.
 *
 * @returns `fresh`: the ids that this consumer had not recorded before, to be handled now · `blocked`:
 *   the keys whose messages wait behind a dead letter
 */
export async function admit(
  trx: TransactionClientContract,
  consumer: string,
  messages: { id: string; key: string }[]
) {
  const ids = new Set(messages.map(({ id }) => id))
  const keys = new Set(messages.map(({ key }) => key))
  const [inserted, locked] = await runInOrder<[{ message_id: string }, { key: string }]>(
    trx,
    [insertNew, [consumer, [...ids]]],
    [lockBlockedKeys, [consumer, [...keys]]]
  )
  return {
    fresh: new Set(inserted.map((row) => row.message_id)),
    blocked: new Set(locked.map((row) => row.key)),
  }
}
