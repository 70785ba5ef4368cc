/*
 * Parked keys: the broker refuses a message for good, and the later ones of its key wait in the outbox.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { recordAct, type Operator } from './operator_acts.ts'
import { outbox } from './outbox.ts'

export interface ParkedKey {
  key: string
  /** The row of the outbox that is refused, and why. */
  outboxId: number
  error: string
  parkedAt: Date
  /** Messages of the key that wait, the refused one among them. */
  waiting: number
}

/** Keys that are parked, the first one first; at most 1,000. @param key - this one alone */
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
 * Lets the relay try a key again, all keys without one. What the broker still refuses is parked again.
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
    const gone: { key: string }[] = await parked.delete(['key'])
    const keys = gone.map((one) => one.key)
    if (keys.length > 0) await recordAct(trx, 'unpark', by, { key }, { keys })
    trx.after('commit', () => outbox.committed(client))
    return keys
  })
}
