/*
 * Queries on dead letters: grouped by error, and one by one.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { DatabaseQueryBuilderContract } from '@adonisjs/lucid/types/querybuilder'
import { COUNT_LIMIT } from '#postgres/bounded_count'
import type { DeadReason } from '../inbox/dead_letter_store.ts'

/** The group of dead letters whose key is still blocked although the message that failed was discarded. */
export const WAITING_GROUP = 'waiting'
/** The group of keys that are retried automatically, because their first message hits a time limit. */
export const TIME_LIMIT_GROUP = 'time_limit'

/** Selects dead letters of a consumer that match every given field. */
export interface DeadLetterFilter {
  id?: number
  key?: string
  type?: string
  /** The id of a group. */
  group?: string
  /** Only this id and lower ones. */
  upTo?: number
}

export interface DeadLetterGroup {
  /** Ten characters derived from the error, or one of the two groups above. */
  id: string
  /** The error without its variable parts; null for `WAITING_GROUP`. */
  error: string | null
  /** Messages that failed with the error, hit a time limit, or are malformed. */
  letters: number
  /** Blocked keys, and the messages that wait behind them. */
  keysHeld: number
  waiting: number
  first: Date
  last: Date
  newest: DeadLetter
}

export interface DeadLetter {
  id: number
  reason: DeadReason
  topic: string
  partition: number | null
  offset: number | null
  messageId: string | null
  key: string | null
  type: string | null
  group: string | null
  errorClass: string | null
  error: string | null
  attempts: number
  at: Date
}

/** A dead letter with its payload in `value`, which may hold personal data. */
export interface FullDeadLetter extends DeadLetter {
  headers: Record<string, string>
  value: string | null
  stack: string | null
}

const columns = [
  ...['id', 'reason', 'topic', 'partition', 'offset', 'key', 'type', 'attempts'],
  'message_id as messageId',
  'error_class as errorClass',
  'error_message as error',
  'created_at as at',
]
const GROUP_ID = 'left(md5(error_group), 10)'
const NONE_FAILED = `dead_letters.reason = 'waiting' and not exists (
  select from dead_letters as head where head.consumer = dead_letters.consumer
  and head.key = dead_letters.key and head.reason = 'failed')`
const IS_RETRIED = `exists (
  select from waiting_keys where waiting_keys.consumer = dead_letters.consumer
  and waiting_keys.key = dead_letters.key and retry_at is not null)`
const ERROR_OF_LIMIT = `coalesce(error_class || ': ', '') || regexp_replace(error_message, '^.* - ', '')`

/** The groups of a consumer's dead letters, largest first; two statements. */
export async function deadLetterGroups(
  client: QueryClientContract,
  consumer: string
): Promise<DeadLetterGroup[]> {
  const { rows } = await client.rawQuery<{
    rows: (Omit<DeadLetterGroup, 'newest'> & { newest: number })[]
  }>(
    `select id, case when id = '${TIME_LIMIT_GROUP}' then min(limit_error) else error_group end as error,
       case when id = '${TIME_LIMIT_GROUP}' then count(distinct key)
         else count(*) filter (where reason <> 'waiting') end as letters,
       count(distinct key) filter (where reason <> 'junk') as "keysHeld",
       case when id = '${TIME_LIMIT_GROUP}' then count(*) - count(distinct key)
         else coalesce(sum(case when reason = 'waiting' then 1 else behind end), 0) end::int as waiting,
       min(created_at) as first, max(created_at) as last, max(dead_letter) as newest
     from (
       select case when reason <> 'waiting' then ${GROUP_ID} when ${IS_RETRIED} then '${TIME_LIMIT_GROUP}'
           else '${WAITING_GROUP}' end as id,
         dead_letters.id as dead_letter, key, reason, error_group, created_at, ${ERROR_OF_LIMIT} as limit_error,
         case when reason = 'failed' then (
           select count(*) from dead_letters as later where later.consumer = dead_letters.consumer
           and later.key = dead_letters.key and later.reason = 'waiting') else 0 end as behind
       from dead_letters
       where consumer = ? and (reason <> 'waiting' or (${NONE_FAILED}))) as grouped
     group by id, error_group order by letters desc, last desc`,
    [consumer]
  )
  const newest = await client
    .from('dead_letters')
    .whereIn(
      'id',
      rows.map((row) => row.newest)
    )
    .select(...columns)
    .select(client.raw(`${GROUP_ID} as "group"`))
  const byId = new Map<number, DeadLetter>(newest.map((deadLetter) => [deadLetter.id, deadLetter]))
  return rows.map((row) => ({ ...row, newest: byId.get(row.newest)! }))
}

/** Dead letters in the order of a redrive: `limit` of them after the id `after`. */
export async function listDeadLetters(
  client: QueryClientContract,
  consumer: string,
  filter: DeadLetterFilter,
  { after = 0, limit = 50 } = {}
): Promise<DeadLetter[]> {
  return matchingDeadLetters(client, consumer, filter)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .select(...columns)
    .select(client.raw(`${GROUP_ID} as "group"`))
}

/** Blocked keys and malformed messages that match the filter; each counted up to 10,001. */
export async function countDeadLetters(
  client: QueryClientContract,
  consumer: string,
  filter: DeadLetterFilter
): Promise<{ keys: number; malformed: number }> {
  const keys = matchingDeadLetters(client, consumer, filter)
    .whereNot('reason', 'junk')
    .distinct('key')
    .limit(COUNT_LIMIT)
  const malformed = matchingDeadLetters(client, consumer, filter)
    .where('reason', 'junk')
    .select('id')
    .limit(COUNT_LIMIT)
  const [{ total: blocked }] = await client.query().from(keys.as('blocked')).count('* as total')
  const [{ total }] = await client.query().from(malformed.as('malformed')).count('* as total')
  return { keys: Number(blocked), malformed: Number(total) }
}

/** A dead letter with its payload and stack; null when there is none. */
export async function readDeadLetter(
  client: QueryClientContract,
  consumer: string,
  id: number
): Promise<FullDeadLetter | null> {
  return matchingDeadLetters(client, consumer, { id })
    .select(...columns, 'headers', 'value', 'error_stack as stack')
    .select(client.raw(`${GROUP_ID} as "group"`))
    .first()
}

/** A query on the dead letters of a consumer that match the filter. */
export function matchingDeadLetters(
  client: QueryClientContract,
  consumer: string,
  { id, key, type, group, upTo }: DeadLetterFilter
): DatabaseQueryBuilderContract<any> {
  const query = client.from('dead_letters').where('consumer', consumer)
  if (id !== undefined) query.where('id', id)
  if (key !== undefined) query.where('key', key)
  if (type !== undefined) query.where('type', type)
  if (upTo !== undefined) query.where('id', '<=', upTo)
  if (group === WAITING_GROUP) query.whereRaw(`${NONE_FAILED} and not ${IS_RETRIED}`)
  else if (group === TIME_LIMIT_GROUP) query.whereRaw(`${NONE_FAILED} and ${IS_RETRIED}`)
  else if (group !== undefined) query.whereRaw(`${GROUP_ID} = ?`, [group])
  return query
}
