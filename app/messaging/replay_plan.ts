/*
 * What a replay would publish again.
 */
import { Client, type ClientConfig } from 'pg'

/** Which published messages of an outbox; all that is given must be true of them. */
export interface ReplayFilter {
  /** The message's id. */
  id?: string
  /** Recorded at this time or later, and before that one; RFC 3339. */
  from?: string
  to?: string
  type?: string
  key?: string
  /** The id of a message: it, and all that were recorded after it. */
  sinceMessage?: string
  /** Rows of the outbox up to this one: what a dry run has shown. */
  upTo?: number
}

export interface ReplayPlan {
  count: number
  types: { type: string; count: number }[]
  /** Distinct keys, and the first and last of them in their sorted order. */
  keys: { count: number; first: string | null; last: string | null }
  oldest: Date | null
  newest: Date | null
  /** The outbox rows it is about: after the one, up to the other. */
  after: number
  upTo: number
  /** Set when messages of the time that was asked for are no longer kept: the oldest that is. */
  prunedBefore: Date | null
}

/**
 * The condition on `outbox`; $1 to $5 are `replayValues`.
 *
 * @param after - an SQL expression: rows up to this id are not meant
 * @param upTo - the last id that is
 */
export function isReplayed(after: string, upTo: string) {
  return /* sql */ `
    id > ${after} and id <= ${upTo} and published_at is not null and not headers ? 'ce_replayof'
    and ($1::uuid is null or message_id = $1)
    and ($2::timestamptz is null or created_at >= $2)
    and ($3::timestamptz is null or created_at < $3)
    and ($4::text is null or type = $4)
    and ($5::text is null or key = $5)`
}

export function replayValues({ id, from, to, type, key }: ReplayFilter) {
  return [id, from, to, type, key].map((value) => value ?? null)
}

/**
 * Looks at what the filter meets now. What is committed later is not part of it.
 *
 * @returns null when the outbox does not keep the message of `sinceMessage`
 */
export async function planReplay(
  direct: ClientConfig,
  filter: ReplayFilter
): Promise<ReplayPlan | null> {
  const client = new Client(direct)
  await client.connect()
  try {
    await client.query('begin isolation level repeatable read read only')
    const { rows: ends } = await client.query(`
      select coalesce(max(id), 0) as last, (select created_at from outbox order by id limit 1) as kept,
        coalesce(min(id), 1) > 1 as pruned from outbox`)
    const [{ last, kept, pruned }] = ends
    const since = filter.sinceMessage
      ? await client.query(
          `select min(id) as id from outbox where message_id = $1 and not headers ? 'ce_replayof'`,
          [filter.sinceMessage]
        )
      : null
    if (since?.rows[0].id === null) return null
    const after = since ? since.rows[0].id - 1 : 0
    const upTo = Math.min(filter.upTo ?? last, last)
    const values = [...replayValues(filter), after, upTo]
    const { rows } = await client.query(
      `select type, count(*), min(created_at) as oldest, max(created_at) as newest
       from outbox where ${isReplayed('$6', '$7')} group by type order by type`,
      values
    )
    const { rows: keys } = await client.query(
      `select count(distinct key), min(key) as first, max(key) as last from outbox where ${isReplayed('$6', '$7')}`,
      values
    )
    const times = rows.flatMap(({ oldest, newest }) => [oldest, newest]).map(Number)
    return {
      count: rows.reduce((sum, { count }) => sum + count, 0),
      types: rows.map(({ type, count }) => ({ type, count })),
      keys: keys[0],
      oldest: times.length > 0 ? new Date(Math.min(...times)) : null,
      newest: times.length > 0 ? new Date(Math.max(...times)) : null,
      ...{ after, upTo },
      prunedBefore: pruned && filter.from && new Date(filter.from) < kept ? kept : null,
    }
  } finally {
    await client.end()
  }
}

/** Whether the outbox keeps any message of the type. */
export async function keepsType(direct: ClientConfig, type: string): Promise<boolean> {
  const client = new Client(direct)
  await client.connect()
  try {
    const { rows } = await client.query('select from outbox where type = $1 limit 1', [type])
    return rows.length > 0
  } finally {
    await client.end()
  }
}
