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

/**
 * Discards the letters that the filter meets, one transaction for each key. A key without any left is free.
 *
 * @param by.why - kept with the letters
 * @param options.dryRun - says what would become of the keys, and changes nothing
 */
export async function discardLetters(
  client: QueryClientContract,
  consumer: string,
  filter: LetterFilter,
  by: Operator & { why: string },
  options: { dryRun?: boolean; signal?: AbortSignal } = {}
): Promise<DiscardedKey[]> {
  const keys: { key: string | null }[] = await matching(client, consumer, filter)
    .groupBy('key')
    .orderByRaw('min(id)')
    .select('key')
  const discarded: DiscardedKey[] = []
  for (const { key } of keys) {
    if (options.signal?.aborted) break
    const trx = await client.transaction()
    try {
      const one = await discardOfKey(trx, consumer, key, filter, by)
      if (options.dryRun) await trx.rollback()
      else await trx.commit()
      // Another operator may have been first.
      if (one.discarded > 0) discarded.push(one)
    } catch (error) {
      await trx.rollback()
      throw error
    }
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
