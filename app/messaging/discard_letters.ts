/*
 * Dead letters given up: their effect will never be there. The record keeps what they said.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { recordAct, type Operator } from './operator_acts.ts'
import { matching, type LetterFilter } from './letters.ts'

/** What becomes of a key, the order or SKU whose state stays behind; null for junk without one. */
export interface DiscardedKey {
  key: string | null
  discarded: number
  /** The letter that a redrive of the key begins with now; null when nothing waits any longer. */
  next: { id: number; type: string | null } | null
}

/** What would become of the keys; nothing is changed. */
export async function planDiscard(
  client: QueryClientContract,
  consumer: string,
  filter: LetterFilter
): Promise<DiscardedKey[]> {
  const next = client.raw(
    `(select json_build_object('id', id, 'type', type) from dead_letters
      where consumer = ? and dead_letters.key = keys.key and reason <> 'junk' and id not in (select id from meant)
      order by id limit 1) as next`,
    [consumer]
  )
  return client
    .query<DiscardedKey>()
    .with('meant', matching(client, consumer, filter).select('id', 'key'))
    .with('keys', (keys) => {
      keys.from('meant').groupBy('key').select('key').count('* as discarded').min('id as first')
    })
    .from('keys')
    .orderBy('first')
    .select('key', 'discarded', next)
}

/**
 * Discards the letters that the filter meets, one transaction for each key. A key without any left is free.
 *
 * @param by.why - kept with the letters
 * @param signal - ends it between two keys
 */
export async function discardLetters(
  client: QueryClientContract,
  consumer: string,
  filter: LetterFilter,
  by: Operator & { why: string },
  signal?: AbortSignal
): Promise<DiscardedKey[]> {
  const keys: { key: string | null }[] = await matching(client, consumer, filter)
    .groupBy('key')
    .orderByRaw('min(id)')
    .select('key')
  const discarded: DiscardedKey[] = []
  for (const { key } of keys) {
    if (signal?.aborted) break
    const one = await client.transaction((trx) => discardOfKey(trx, consumer, key, filter, by))
    // Another operator may have been first.
    if (one.discarded > 0) discarded.push(one)
  }
  return discarded
}

async function discardOfKey(
  trx: TransactionClientContract,
  consumer: string,
  key: string | null,
  filter: LetterFilter,
  by: Operator
): Promise<DiscardedKey> {
  const keyed = { consumer, key }
  // The consumer takes the same lock before it lays a later message of the key behind these.
  if (key !== null) await trx.from('waiting_keys').where(keyed).forUpdate().select('key')
  const found = matching(trx, consumer, filter)
  if (key === null) found.whereNull('key')
  else found.where('key', key)
  const letters = await found.orderBy('id').forUpdate().select('*')
  const ids = letters.map(({ id }) => id)
  await trx.from('dead_letters').whereIn('id', ids).delete()
  if (ids.length > 0) await recordAct(trx, 'discard', by, filter, { letters })
  if (key === null) return { key, discarded: ids.length, next: null }
  const next = await trx
    .from('dead_letters')
    .where(keyed)
    .whereNot('reason', 'junk')
    .orderBy('id')
    .select('id', 'type')
    .first()
  if (!next) await trx.from('waiting_keys').where(keyed).delete()
  return { key, discarded: ids.length, next }
}
