/*
 * Turns the outbox of an older version, one table, into a partitioned table whose first segment is that table. The app
 * may write to it meanwhile, in this version and in release 0.1.0.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { withBriefLock } from '#postgres/brief_lock'

// These statements belong to a released step, so they do not use the constants of segments.ts.
const FIRST_ID_OF_SEGMENT_1 = 10_000_000_000

/** Proves, while others write, that all ids are in the first segment, so that the exchange reads no rows. */
const addBound = /* sql */ `
  alter table outbox drop constraint if exists outbox_first_segment;
  alter table outbox add constraint outbox_first_segment check (id < ${FIRST_ID_OF_SEGMENT_1}) not valid`

// Under the lock no transaction has an id that it has not committed, so the sequence can continue where it is.
const exchange = /* sql */ `
  lock table outbox in access exclusive mode;
  do $$
  declare
    last bigint := pg_sequence_last_value(pg_get_serial_sequence('outbox', 'id')::regclass);
    granted record;
  begin
    alter table outbox alter id drop identity;
    alter table outbox rename to outbox_0;
    alter index outbox_pkey rename to outbox_0_pkey;
    alter index outbox_pending rename to outbox_0_pending;
    alter index outbox_key rename to outbox_0_key;
    comment on table outbox_0 is 'segment of the outbox';

    create table outbox (like outbox_0 including defaults, primary key (id)) partition by range (id);
    -- CACHE 1: an id drawn under an aggregate's row lock is that key's place in commit order.
    alter table outbox alter id add generated always as identity (cache 1);
    if last is not null then perform setval(pg_get_serial_sequence('outbox', 'id'), last); end if;
    create index outbox_pending on outbox (id) where published_at is null;
    create index outbox_key on outbox (key, id);
    alter table outbox attach partition outbox_0 for values from (minvalue) to (${FIRST_ID_OF_SEGMENT_1});
    alter table outbox_0 drop constraint outbox_first_segment;

    for granted in
      select privilege_type as privilege, case grantee when 0 then 'public' else grantee::regrole::text end as role
      from pg_class, aclexplode(relacl) where oid = 'outbox_0'::regclass and grantee <> relowner
    loop
      execute format('grant %s on outbox to %s', granted.privilege, granted.role);
    end loop;
  end $$`

/**
 * Ends the session that leads the relay. Its lock belongs to the old table, so relays of other processes do not see it
 * and would publish every message beside it.
 */
const endLeadership = /* sql */ `
  select pg_terminate_backend(pid)
  from pg_locks join pg_stat_activity using (pid)
  where locktype = 'advisory' and classid = 0 and objid = to_regclass('outbox_0')::oid and objsubid = 1 and granted
    and pg_locks.database = (select oid from pg_database where datname = current_database())
    and pg_has_role(usesysid, 'member')`

/** Safe to run again after an interruption. */
export async function divideOutbox(owner: QueryClientContract) {
  if (!(await isDivided(owner))) {
    await withBriefLock(owner, addBound)
    await owner.rawQuery('alter table outbox validate constraint outbox_first_segment')
    await withBriefLock(owner, exchange)
  }
  await owner.rawQuery(endLeadership)
}

async function isDivided(owner: QueryClientContract): Promise<boolean> {
  const { rows } = await owner.rawQuery<{ rows: { divided: boolean }[] }>(
    `select relkind = 'p' as divided from pg_class where oid = 'outbox'::regclass`
  )
  return rows[0].divided
}
