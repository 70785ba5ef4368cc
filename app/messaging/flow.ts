import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { run } from './sql.ts'

/** Who moves a module's messages, and how fast; of all processes together. */
export interface Flow {
  /** The machine and process whose relay leads; null when none does. */
  leader: string | null
  /** Published, and handled by its consumer, within the last minute; both counted up to 10,001. */
  publishedPerMinute: number
  handledPerMinute: number
  /** Null where none is kept. */
  lastPublished: Date | null
  lastHandled: Date | null
}

/** Message ids are UUIDv7, so the end of the inbox's primary key holds the newest. */
const statement = {
  name: 'messaging_flow',
  text: /* sql */ `
    with published as materialized (
      select published_at as at from outbox order by id desc limit 10001
    ), handled as materialized (
      select handled_at as at from inbox where consumer = $1 order by message_id desc limit 10001
    )
    select
      (select application_name from pg_stat_activity where pid = (
         select pid from pg_locks
         where locktype = 'advisory' and objid = 'outbox'::regclass::oid and classid = 0 and objsubid = 1
           and database = (select oid from pg_database where datname = current_database()) and granted
         limit 1)) as leader,
      (select count(*) from published where at > now() - interval '1 minute')::int as "publishedPerMinute",
      (select count(*) from handled where at > now() - interval '1 minute')::int as "handledPerMinute",
      (select max(at) from published) as "lastPublished",
      (select max(at) from handled) as "lastHandled"`,
}

/** Read at any time: in one statement, on indexes. @param consumer - the module itself */
export async function flow(module: QueryClientContract, consumer: string): Promise<Flow> {
  const [found] = await run<Flow & Record<string, unknown>>(module, statement, [consumer])
  return found
}
