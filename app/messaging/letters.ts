/*
 * Dead letters as an operator sees them: grouped by what went wrong, and one by one.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { DatabaseQueryBuilderContract } from '@adonisjs/lucid/types/querybuilder'
import type { DeadReason } from './dead_letters.ts'

/** The group of letters that wait and have no failed one before them: it has been discarded. */
export const WAITING_GROUP = 'waiting'

/** Which letters of a consumer; all that is given must be true of them. */
export interface LetterFilter {
  id?: number
  key?: string
  type?: string
  /** The id of a group. */
  group?: string
  /** None that came after the letter of this id. */
  upTo?: number
}

export interface LetterGroup {
  /** Ten characters, the same for the same error. */
  id: string
  /** The error, without what differs from message to message; null for letters that only wait. */
  error: string | null
  /** Letters that failed with it, or that are junk. */
  letters: number
  /** Keys whose later messages wait, and how many messages of them do. */
  keysHeld: number
  waiting: number
  first: Date
  last: Date
  newest: Letter
}

export interface Letter {
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

/** A letter with all that it holds; `value` is what a customer may have written. */
export interface WholeLetter extends Letter {
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
const HEADLESS = `dead_letters.reason = 'waiting' and not exists (
  select from dead_letters as head where head.consumer = dead_letters.consumer
  and head.key = dead_letters.key and head.reason = 'failed')`

/** The groups of a consumer's letters, the largest first; two statements. */
export async function letterGroups(
  client: QueryClientContract,
  consumer: string
): Promise<LetterGroup[]> {
  const { rows } = await client.rawQuery<{
    rows: (Omit<LetterGroup, 'newest'> & { newest: number })[]
  }>(
    `select coalesce(${GROUP_ID}, '${WAITING_GROUP}') as id, error_group as error,
       count(*) filter (where reason <> 'waiting') as letters,
       count(distinct dead_letters.key) filter (where reason <> 'junk') as "keysHeld",
       coalesce(sum(case when reason = 'waiting' then 1 else behind end), 0)::int as waiting,
       min(created_at) as first, max(created_at) as last, max(id) as newest
     from dead_letters
     left join lateral (
       select count(*) as behind from dead_letters as later
       where dead_letters.reason = 'failed' and later.consumer = dead_letters.consumer
         and later.key = dead_letters.key and later.reason = 'waiting') as behind on true
     where consumer = ? and (reason <> 'waiting' or ${HEADLESS})
     group by error_group order by letters desc, last desc`,
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
  const letters = new Map<number, Letter>(newest.map((letter) => [letter.id, letter]))
  return rows.map((row) => ({ ...row, newest: letters.get(row.newest)! }))
}

/** Letters in the order in which they will be handled, `limit` of them after the id `after`. */
export async function lettersOf(
  client: QueryClientContract,
  consumer: string,
  filter: LetterFilter,
  { after = 0, limit = 50 } = {}
): Promise<Letter[]> {
  return matching(client, consumer, filter)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .select(...columns)
    .select(client.raw(`${GROUP_ID} as "group"`))
}

/** A letter with its payload and its stack, null when there is none; to be shown to those who ask for it. */
export async function wholeLetter(
  client: QueryClientContract,
  consumer: string,
  id: number
): Promise<WholeLetter | null> {
  return matching(client, consumer, { id })
    .select(...columns, 'headers', 'value', 'error_stack as stack')
    .select(client.raw(`${GROUP_ID} as "group"`))
    .first()
}

/** The letters of a consumer for which all of the filter is true. */
export function matching(
  client: QueryClientContract,
  consumer: string,
  { id, key, type, group, upTo }: LetterFilter
): DatabaseQueryBuilderContract<any> {
  const letters = client.from('dead_letters').where('consumer', consumer)
  if (id !== undefined) letters.where('id', id)
  if (key !== undefined) letters.where('key', key)
  if (type !== undefined) letters.where('type', type)
  if (upTo !== undefined) letters.where('id', '<=', upTo)
  if (group === WAITING_GROUP) letters.whereRaw(HEADLESS)
  else if (group !== undefined) letters.whereRaw(`${GROUP_ID} = ?`, [group])
  return letters
}
