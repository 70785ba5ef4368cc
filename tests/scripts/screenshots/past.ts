/*
 * Moves what has happened within a minute back into the month before, as if it had taken that long.
 *
 * The story is played in chapters. Each is moved as a whole to the moment it is meant for, so that within
 * one everything keeps its pace: an answer still comes milliseconds after its question.
 */
import pg from 'pg'

export interface Chapter {
  /** When it was played. */
  began: Date
  /** When it is meant to have been. */
  meant: Date
}

/** Columns with the ids of accounts, which are older than the story. */
const NOT_OURS = ['account_id', 'customer_id']

/**
 * Moves every time, and every UUIDv7 with the time in it, in the tables of orders and inventory and in the
 * audit. Triggers and foreign keys are off meanwhile: all that refers to an id moves with it.
 *
 * @param url - of a superuser
 */
export async function moveToThePast(url: string, chapters: Chapter[]) {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query('begin')
    await client.query('set local session_replication_role = replica')
    await client.query(MOVED)
    await client.query(
      `insert into chapters select began, meant - began
       from unnest($1::timestamptz[], $2::timestamptz[]) as chapter(began, meant)`,
      [chapters.map(({ began }) => began), chapters.map(({ meant }) => meant)]
    )
    for (const [table, columns] of await columnsToMove(client)) {
      const moves = columns.map((column) => `${column} = pg_temp.moved(${column})`)
      await client.query(`update ${table} set ${moves.join(', ')}`)
    }
    await client.query('commit')
  } finally {
    await client.end()
  }
}

async function columnsToMove(client: pg.Client) {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select format('%I.%I', table_schema, table_name) as table, quote_ident(column_name) as column
     from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_type = 'BASE TABLE' and not column_name = any ($1) and is_generated = 'NEVER'
       and (table_schema in ('orders', 'inventory') or table_name = 'audit_entries')
       and table_name not like 'adonis%'
       and (data_type in ('timestamp with time zone', 'uuid') or (table_name = 'outbox' and column_name = 'key'))
     order by 1, 2`,
    [NOT_OURS]
  )
  const byTable = new Map<string, string[]>()
  for (const { table, column } of rows) byTable.set(table, [...(byTable.get(table) ?? []), column])
  return byTable
}

/** What is still to come, such as the next attempt at something, stays. */
const MOVED = /* sql */ `
  create temp table chapters (began timestamptz primary key, by interval not null) on commit drop;

  create function pg_temp.moved(moment timestamptz) returns timestamptz language sql as $$
    select case when moment > now() then moment
      else moment + coalesce((select by from chapters where began <= moment order by began desc limit 1),
                             (select by from chapters order by began limit 1)) end
  $$;

  create function pg_temp.moved(id uuid) returns uuid language sql as $$
    select case when substr(id::text, 15, 1) <> '7' then id else (
      select overlay(id::text placing substr(digits, 1, 8) || '-' || substr(digits, 9, 4) from 1 for 13)::uuid
      from lpad(to_hex((extract(epoch from pg_temp.moved(to_timestamp(
        ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0))) * 1000)::bigint), 12, '0') as digits
    ) end
  $$;

  create function pg_temp.moved(key text) returns text language sql as $$
    select case when key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then pg_temp.moved(key::uuid)::text else key end
  $$`
