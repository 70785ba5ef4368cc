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

/** Junk without a key is discarded so many at a time: there is no end to what others may write. */
const KEYLESS_AT_ONCE = 200

/**
 * What would become of the keys; nothing is changed.
 *
 * @returns also the last letter that is meant: whoever agrees has not heard of later ones
 */
export async function planDiscard(
  client: QueryClientContract,
  consumer: string,
  filter: LetterFilter
): Promise<{ keys: DiscardedKey[]; upTo: number }> {
  const next = client.raw(
    `(select json_build_object('id', id, 'type', type) from dead_letters
      where consumer = ? and dead_letters.key = keys.key and reason <> 'junk' and id not in (select id from meant)
      order by id limit 1) as next`,
    [consumer]
  )
  const rows = await client
    .query<DiscardedKey & { last: number }>()
    .with('meant', matching(client, consumer, filter).select('id', 'key'))
    .with('keys', (keys) => {
      keys
        .from('meant')
        .groupBy('key')
        .select('key')
        .count('* as discarded')
        .min('id as first')
        .max('id as last')
    })
    .from('keys')
    .orderBy('first')
    .select('key', 'discarded', 'last', next)
  return {
    keys: rows.map(({ last, ...key }) => key),
    upTo: Math.max(0, ...rows.map(({ last }) => last)),
  }
}

/**
 * Discards the letters that the filter meets, one transaction for each key; those without one some at a time. A
 * key without any left is free.
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
    const one =
      key === null
        ? await discardKeyless(client, consumer, filter, by, signal)
        : await client.transaction((trx) => discardOfKey(trx, consumer, key, filter, by))
    // Another operator may have been first.
    if (one.discarded > 0) discarded.push(one)
  }
  return discarded
}

async function discardKeyless(
  client: QueryClientContract,
  consumer: string,
  filter: LetterFilter,
  by: Operator,
  signal?: AbortSignal
): Promise<DiscardedKey> {
  let discarded = 0
  for (
    let some = KEYLESS_AT_ONCE;
    some === KEYLESS_AT_ONCE && !signal?.aborted;
    discarded += some
  ) {
    some = await client.transaction(async (trx) => {
      const letters = await matching(trx, consumer, filter)
        .whereNull('key')
        .orderBy('id')
        .limit(KEYLESS_AT_ONCE)
        .forUpdate()
        .select('*')
      await discard(trx, letters, filter, by)
      return letters.length
    })
  }
  return { key: null, discarded, next: null }
}

async function discardOfKey(
  trx: TransactionClientContract,
  consumer: string,
  key: string,
  filter: LetterFilter,
  by: Operator
): Promise<DiscardedKey> {
  const keyed = { consumer, key }
  // The consumer takes the same lock before it lays a later message of the key behind these.
  await trx.from('waiting_keys').where(keyed).forUpdate().select('key')
  const letters = await matching(trx, consumer, filter)
    .where('key', key)
    .orderBy('id')
    .forUpdate()
    .select('*')
  await discard(trx, letters, filter, by)
  const next = await trx
    .from('dead_letters')
    .where(keyed)
    .whereNot('reason', 'junk')
    .orderBy('id')
    .select('id', 'type')
    .first()
  if (!next) await trx.from('waiting_keys').where(keyed).delete()
  return { key, discarded: letters.length, next }
}

async function discard(
  trx: TransactionClientContract,
  letters: { id: number }[],
  filter: LetterFilter,
  by: Operator
) {
  if (letters.length === 0) return
  const ids = letters.map(({ id }) => id)
  await trx.from('dead_letters').whereIn('id', ids).delete()
  await recordAct(trx, 'discard', by, filter, { letters })
}
