/*
 * Parked keys: the broker refuses a message permanently, and later messages of its key wait in the outbox.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Operator } from '#console/operator'
import { outbox } from '../outbox/outbox.ts'
import { recordAction } from './operator_actions.ts'

export interface ParkedKey {
  key: string
  /** The outbox row that is refused, and the error. */
  outboxId: number
  error: string
  parkedAt: Date
  /** Pending messages of the key, including the refused one. */
  waiting: number
}

/** Parked keys, oldest first, at most 1,000. @param key - only this one */
export async function parkedKeys(client: QueryClientContract, key?: string): Promise<ParkedKey[]> {
  const { rows } = await client.rawQuery<{ rows: ParkedKey[] }>(
    `select key, outbox_id as "outboxId", error, parked_at as "parkedAt",
       (select count(*) from outbox where outbox.key = parked_keys.key and published_at is null) as waiting
     from parked_keys where cast(:key as text) is null or key = :key order by parked_at, key limit 1000`,
    { key: (key ?? null) as string }
  )
  return rows
}

/**
 * Lets the relay retry a key, or all keys. A message that is refused again parks its key again.
 *
 * @returns the keys that were parked
 */
export async function unpark(
  client: QueryClientContract,
  key: string | null,
  by: Operator
): Promise<string[]> {
  return client.transaction(async (trx) => {
    const parked = trx.from('parked_keys')
    if (key !== null) parked.where('key', key)
    const deleted: { key: string }[] = await parked.delete(['key'])
    const keys = deleted.map((one) => one.key)
    if (keys.length > 0) await recordAction(trx, 'unpark', by, { key }, { keys })
    trx.after('commit', () => outbox.wakeRelay(client))
    return keys
  })
}
