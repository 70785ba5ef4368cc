import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { isPending } from './relay_floor.ts'
import { run } from './sql.ts'

/** What waits in a module, and since when; null for nothing. */
export interface Waiting {
  /** The first message that is not published. */
  unpublishedSince: Date | null
  /** The first key whose messages wait behind a dead letter. */
  keySince: Date | null
  /** Keys that wait, keys whose message the broker refuses, and dead letters: counted up to 10,001. */
  waitingKeys: number
  parkedKeys: number
  deadLetters: number
}

const statement = {
  name: 'messaging_waiting',
  text: /* sql */ `select
    (select created_at from outbox where ${isPending} order by id limit 1) as "unpublishedSince",
    (select min(since) from (select since from waiting_keys limit 10001) as waiting) as "keySince",
    (select count(*) from (select from waiting_keys limit 10001) as counted)::int as "waitingKeys",
    (select count(*) from (select from parked_keys limit 10001) as counted)::int as "parkedKeys",
    (select count(*) from (select from dead_letters limit 10001) as counted)::int as "deadLetters"`,
}

/** Read at any time: in one statement, on indexes. */
export async function waiting(module: QueryClientContract): Promise<Waiting> {
  const [found] = await run<Waiting & Record<string, unknown>>(module, statement, [])
  return found
}
