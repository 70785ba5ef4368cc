import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { isPending } from './relay_floor.ts'
import { run } from './sql.ts'

/** `waiting`: for its turn. `parked`: behind a message that the broker refuses. `replayed`: published again. */
export type PendingKind = 'waiting' | 'parked' | 'replayed'

/** What waits in a module's outbox and at its consumer; each count is exact up to 10,000. */
export interface Backlog {
  pending: Record<PendingKind, number>
  /** Ages in seconds, 0 where none waits. */
  oldest: Record<PendingKind, number>
  parkedKeys: number
  waitingKeys: number
  deadLetters: number
}

const KINDS: PendingKind[] = ['waiting', 'parked', 'replayed']

const statement = {
  name: 'messaging_backlog',
  text: /* sql */ `
    with pending as (
      select created_at, case
          when exists (select from parked_keys where parked_keys.key = outbox.key) then 'parked'
          when headers ? 'ce_replayof' then 'replayed'
          else 'waiting'
        end as kind
      from outbox where ${isPending} order by id limit 10001
    )
    select
      ${KINDS.map(
        (kind) => /* sql */ `
          count(*) filter (where kind = '${kind}')::int as "${kind}",
          greatest(0, coalesce(extract(epoch from clock_timestamp()
            - min(created_at) filter (where kind = '${kind}')), 0))::float8 as "${kind}Oldest"`
      ).join(', ')},
      (select count(*) from (select from parked_keys limit 10001) as counted)::int as "parkedKeys",
      (select count(*) from (select from waiting_keys limit 10001) as counted)::int as "waitingKeys",
      (select count(*) from (select from dead_letters limit 10001) as counted)::int as "deadLetters"
    from pending`,
}

type Row = Record<PendingKind | `${PendingKind}Oldest`, number> &
  Omit<Backlog, 'pending' | 'oldest'> & { [column: string]: unknown }

/** Read at any time: in one statement, on indexes. */
export async function backlog(module: QueryClientContract): Promise<Backlog> {
  const [{ parkedKeys, waitingKeys, deadLetters, ...row }] = await run<Row>(module, statement, [])
  const { waiting, parked, replayed } = row
  return {
    pending: { waiting, parked, replayed },
    oldest: {
      waiting: row.waitingOldest,
      parked: row.parkedOldest,
      replayed: row.replayedOldest,
    },
    ...{ parkedKeys, waitingKeys, deadLetters },
  }
}
