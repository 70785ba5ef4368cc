/*
 * The dump of a release, restored as if that release had been stopped a minute ago.
 */
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import pg from 'pg'
import { createDatabase } from '#tests/support/runner/environment'
import type { DemoShop } from './demo_shop.ts'
import { RELEASE } from './release.ts'

/** Beside the dump: what somebody outside knows of the shop. All of it is made up. */
export type Known = typeof RELEASE & { madeAt: string; appKey: string } & ReturnType<
    DemoShop['known']
  >

const folder = new URL('./', import.meta.url)

/** @returns a new database with the release's tables and rows; `drop` removes it */
export async function restoreRelease() {
  const name = `release_${RELEASE.version}`
  const known: Known = JSON.parse(await readFile(new URL(`${name}.json`, folder), 'utf8'))
  const dump = gunzipSync(await readFile(new URL(`${name}.sql.gz`, folder))).toString()
  const database = await createDatabase()
  const client = new pg.Client(database.url)
  await client.connect()
  try {
    await client.query(ROLES)
    await client.query(dump)
    await client.query(movedToNow(known.madeAt))
  } finally {
    await client.end()
  }
  return { known, ...database }
}

/** A dump of one database has grants to the roles, which belong to the server, but not the roles. */
const ROLES = ['orders', 'inventory', 'accounts']
  .map(
    (module) => /* sql */ `
      do $$ begin
        create role ${module}_app nologin;
      exception when duplicate_object or unique_violation then null;
      end $$;`
  )
  .join('\n')

/** Whatever ends after hours or days has not ended yet: every time is moved by the age of the dump. */
const movedToNow = (madeAt: string) => /* sql */ `
  do $$ declare one record; begin
    set local session_replication_role = replica;
    for one in
      select format('%I.%I', table_schema, table_name) as name,
        string_agg(format('%1$I = %1$I + (now() - %2$L)', column_name, timestamptz '${madeAt}'), ', ') as moved
      from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where table_schema in ('orders', 'inventory', 'accounts') and table_type = 'BASE TABLE'
        and data_type like 'timestamp%' and is_generated = 'NEVER'
      group by table_schema, table_name
    loop
      execute format('update %s set %s', one.name, one.moved);
    end loop;
    -- The time of the sign-in is in the data of the session.
    update accounts.sessions
    set data = jsonb_set(data::jsonb, '{message,signedIn,at}', to_jsonb(now()))::text
    where data::jsonb #> '{message,signedIn}' is not null;
  end $$`
