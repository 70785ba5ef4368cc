/*
 * Discarding dead letters: their messages will never be handled. Their operator action keeps them.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Operator } from '#console/operator'
import { recordAction } from './operator_actions.ts'
import { matchingDeadLetters, type DeadLetterFilter } from './dead_letter_queries.ts'

/** The result for one key. */
export interface DiscardedKey {
  /** Null for malformed messages without a key. */
  key: string | null
  discarded: number
  /** The dead letter that a redrive of the key starts with; null when the key is unblocked. */
  next: { id: number; type: string | null } | null
}

export interface Discard {
  /** The keys with at least one discarded dead letter. */
  keys: DiscardedKey[]
  /** False when stopped before the last dead letter. */
  finished: boolean
}

/** Dead letters per transaction, and per operator action. */
const CHUNK = 100

/**
 * Plans a discard and changes nothing.
 *
 * @returns the result for each key, and the id of the last dead letter: passed as `filter.upTo`, it excludes later ones
 */
export async function planDiscard(
  client: QueryClientContract,
  consumer: string,
  filter: DeadLetterFilter
): Promise<{ keys: DiscardedKey[]; upTo: number }> {
  const next = client.raw(
    `(select json_build_object('id', id, 'type', type) from dead_letters
      where consumer = ? and dead_letters.key = keys.key and reason <> 'junk' and id not in (select id from selected)
      order by id limit 1) as next`,
    [consumer]
  )
  const rows = await client
    .query<DiscardedKey & { last: number }>()
    .with('selected', matchingDeadLetters(client, consumer, filter).select('id', 'key'))
    .with('keys', (keys) => {
      keys
        .from('selected')
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
 * Discards the dead letters that match the filter, key by key, in transactions of at most 100. A key without any
 * left is unblocked. Call it again to continue after a stop.
 *
 * @param by.why - recorded with the dead letters
 * @param on.onProgress - called after each transaction with the number of discarded dead letters
 * @param on.signal - stops between two transactions
 */
export async function discardDeadLetters(
  client: QueryClientContract,
  consumer: string,
  filter: DeadLetterFilter,
  by: Operator & { why: string },
  { onProgress, signal }: { onProgress?(discarded: number): void; signal?: AbortSignal } = {}
): Promise<Discard> {
  const keys: { key: string | null }[] = await matchingDeadLetters(client, consumer, filter)
    .groupBy('key')
    .orderByRaw('min(id)')
    .select('key')
  const result: Discard = { keys: [], finished: true }
  let all = 0
  for (const { key } of keys) {
    let discarded = 0
    let chunk: { size: number; next: DiscardedKey['next'] } | null = null
    do {
      if (signal?.aborted) {
        result.finished = false
        break
      }
      chunk = await client.transaction((trx) => discardChunk(trx, consumer, key, filter, by))
      discarded += chunk.size
      onProgress?.((all += chunk.size))
    } while (chunk.size === CHUNK)
    // Another operator may have discarded them first.
    if (discarded > 0) result.keys.push({ key, discarded, next: chunk!.next })
    if (!result.finished) break
  }
  return result
}

async function discardChunk(
  trx: TransactionClientContract,
  consumer: string,
  key: string | null,
  filter: DeadLetterFilter,
  by: Operator
) {
  // The consumer takes the same lock before it writes another dead letter of the key.
  if (key !== null) {
    await trx.from('waiting_keys').where({ consumer, key }).forUpdate().select('key')
  }
  const deadLetters: { id: number }[] = await matchingDeadLetters(trx, consumer, filter)
    .where((one) => (key === null ? one.whereNull('key') : one.where('key', key)))
    .orderBy('id')
    .limit(CHUNK)
    .forUpdate()
    .select('*')
  const size = deadLetters.length
  if (size > 0) {
    const ids = deadLetters.map(({ id }) => id)
    await trx.from('dead_letters').whereIn('id', ids).delete()
    await recordAction(trx, 'discard', by, filter, { letters: deadLetters })
  }
  if (key === null) return { size, next: null }
  const next = await trx
    .from('dead_letters')
    .where({ consumer, key })
    .whereNot('reason', 'junk')
    .orderBy('id')
    .select('id', 'type')
    .first()
  if (!next) await trx.from('waiting_keys').where({ consumer, key }).delete()
  return { size, next }
}
