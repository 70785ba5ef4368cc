/*
 * The installer of the kernel's tables, in a schema of its own.
 */
import { createHash } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import pg from 'pg'
import { directConnection } from '#config/database'
import { installMessaging, pendingSteps } from '#messaging/installer'
import { LeaderConnection } from '#messaging/outbox/leader_connection'
import { KERNEL_STEPS, KERNEL_TABLES, type SchemaStep } from '#messaging/schema'

const SCHEMA = 'installer_test'

/** A released step never changes: databases have run it. A new step adds a line here. */
const RELEASED: Record<string, string> = {
  '0001_tables': '272d1bf6411f6c3c',
  '0002_operators': '3a1b7583885c1ab4',
  '0003_crash_detection': '8488754ea0f7cc3a',
  '0004_low_watermark': '396e0bc93d06ab31',
  '0005_solo_crashes': '5b39c6e8f0b7dd3d',
  '0006_unreadable_batches': '41addc24dfc8e84b',
  '0007_blocked_key_retries': 'fb80b8f6db0ce5cc',
  '0008_worker_roles': 'db00846f9a8b7617',
}

const OPTIONS = { options: `-c role=orders_app -c search_path=${SCHEMA}` }

const insert = {
  name: 'insert',
  text: `insert into outbox (message_id, topic, key, key_hash, type, version, data)
    values (gen_random_uuid(), 'orders', 'k', 1, 'order_placed', 1, '{}') returning id`,
}

const names = KERNEL_STEPS.map(({ name }) => name)
const owner = () => db.connection(SCHEMA)

test.group('The installer', (group) => {
  group.setup(() => {
    const { config } = db.manager.get('orders_owner')!
    db.manager.add(SCHEMA, { ...config, searchPath: [SCHEMA] } as never)
    return async () => {
      await owner().rawQuery(`drop schema if exists ${SCHEMA} cascade`)
      await db.manager.close(SCHEMA, true)
    }
  })

  group.each.setup(async () => {
    await db.connection('orders_owner').rawQuery(`drop schema if exists ${SCHEMA} cascade`)
    await db.connection('orders_owner').rawQuery(`create schema ${SCHEMA}`)
  })

  test('creates every table of the kernel once', async ({ assert }) => {
    assert.deepEqual(await pendingSteps(owner()), names)
    assert.deepEqual(await installMessaging(owner()), names)
    assert.deepEqual(Object.keys(await layoutOf(SCHEMA)), KERNEL_TABLES)
    assert.deepEqual(await layoutOf(SCHEMA), await layoutOf('orders'))
    assert.deepEqual(await pendingSteps(owner()), [])
    assert.deepEqual(await installMessaging(owner()), [])
  })

  test('runs each step once when two processes install at the same time', async ({ assert }) => {
    const ran = await Promise.all([installMessaging(owner()), installMessaging(owner())])
    assert.deepEqual(ran.flat(), names)
  })

  test('adopts a database set up by migrations through {last}')
    .with([{ last: '0005_solo_crashes' }, { last: '0008_worker_roles' }])
    .run(async ({ assert }, { last }) => {
      const before = names.indexOf(last) + 1
      for (const { sql } of KERNEL_STEPS.slice(0, before)) await owner().rawQuery(sql!)
      await owner().table('parked_keys').insert({ key: 'k', outbox_id: 1, error: 'kept' })
      assert.deepEqual(await installMessaging(owner()), names.slice(before))
      assert.deepEqual(await layoutOf(SCHEMA), await layoutOf('orders'))
      assert.lengthOf(await owner().from('parked_keys'), 1)
      assert.lengthOf(await owner().from('messaging_steps'), names.length)
    })

  test('continues an interrupted online step, and records it when it is done', async ({
    assert,
  }) => {
    await installMessaging(owner())
    await owner().rawQuery(
      `insert into parked_keys (key, outbox_id, error) select n::text, n, 'old' from generate_series(1, 30) as n`
    )
    let batches = 0
    const online: SchemaStep = {
      name: '9999_online',
      async online(client) {
        await client.rawQuery('drop index concurrently if exists parked_keys_error')
        await client.rawQuery('create index concurrently parked_keys_error on parked_keys (error)')
        for (;;) {
          const { rowCount } = await client.rawQuery(
            `update parked_keys set error = 'new' where key in
               (select key from parked_keys where error = 'old' order by key limit 10)`
          )
          if (rowCount === 0) return
          if (++batches === 2) throw new Error('the process ends')
        }
      },
    }
    const steps = [...KERNEL_STEPS, online]
    await assert.rejects(() => installMessaging(owner(), steps), 'the process ends')
    assert.lengthOf(await owner().from('parked_keys').where('error', 'new'), 20)
    assert.deepEqual(await pendingSteps(owner(), steps), ['9999_online'])
    assert.deepEqual(await installMessaging(owner(), steps), ['9999_online'])
    assert.lengthOf(await owner().from('parked_keys').where('error', 'new'), 30)
    assert.equal(batches, 3)
    assert.deepEqual(await installMessaging(owner(), steps), [])
  })

  test('divides an outbox in use: messages, ids, rights and running statements stay', async ({
    assert,
    cleanup,
  }) => {
    for (const { sql } of KERNEL_STEPS.slice(0, 8)) await owner().rawQuery(sql!)
    await owner().rawQuery(`grant usage on schema ${SCHEMA} to orders_app`)
    await owner().rawQuery('grant select, insert, update, delete on outbox to orders_app')
    const writer = new pg.Client({ ...directConnection('orders'), ...OPTIONS })
    writer.on('error', () => {})
    await writer.connect()
    cleanup(() => writer.end())
    const write = async () => (await writer.query<{ id: number }>(insert)).rows[0].id
    const ids = [await write(), await write()]

    // The exchange waits for an open transaction, and gives way to the others.
    await writer.query('begin')
    ids.push(await write())
    const installing = installMessaging(owner())
    const other = new pg.Client({ ...directConnection('orders'), ...OPTIONS })
    await other.connect()
    cleanup(() => other.end())
    for (let tries = 0; tries < 20; tries++) ids.push((await other.query(insert)).rows[0].id)
    await writer.query('commit')
    assert.deepEqual(await installing, names.slice(8))
    ids.push(await write())
    assert.deepEqual(
      ids,
      Array.from({ length: 24 }, (_, index) => index + 1)
    )
    const { rows } = await writer.query('select id, tableoid::regclass::text from outbox')
    assert.deepEqual([...new Set(rows.map((row) => row.tableoid))], ['outbox_0'])
    assert.lengthOf(rows, 24)
    assert.deepEqual(await layoutOf(SCHEMA), await layoutOf('orders'))
  })

  test('continues a division that was interrupted after {step}')
    .with([
      {
        step: 'the bound was added',
        sql: 'alter table outbox add constraint outbox_first_segment check (id < 10000000000) not valid',
      },
      {
        step: 'the bound was proven',
        sql: 'alter table outbox add constraint outbox_first_segment check (id < 10000000000)',
      },
      {
        step: 'the exchange',
        sql: `delete from messaging_steps where name = '0009_outbox_segments'`,
      },
    ])
    .run(async ({ assert }, { step, sql }) => {
      if (step === 'the exchange') await installMessaging(owner())
      else for (const { sql: old } of KERNEL_STEPS.slice(0, 8)) await owner().rawQuery(old!)
      await owner().rawQuery(insert.text)
      await owner().rawQuery(sql)
      await installMessaging(owner())
      const { rows } = await owner().rawQuery(insert.text)
      assert.equal(rows[0].id, 2)
      assert.deepEqual(await layoutOf(SCHEMA), await layoutOf('orders'))
    })

  test('ends the leadership of a relay that holds the lock of the undivided outbox', async ({
    assert,
    cleanup,
  }) => {
    for (const { sql } of KERNEL_STEPS.slice(0, 8)) await owner().rawQuery(sql!)
    const leader = await LeaderConnection.open(
      { ...directConnection('orders'), ...OPTIONS },
      { notified() {}, lost() {} }
    )
    cleanup(() => leader.close())
    await owner().rawQuery(`grant usage on schema ${SCHEMA} to orders_app`)
    assert.isTrue(await leader.tryLock())
    await installMessaging(owner())
    await assert.rejects(() => leader.query('select'))
  })

  test('has the released steps unchanged', ({ assert }) => {
    const sums = KERNEL_STEPS.filter(({ sql }) => sql).map(({ name, sql }) => [
      name,
      createHash('sha256').update(sql!.replace(/\s+/g, ' ')).digest('hex').slice(0, 16),
    ])
    assert.deepEqual(Object.fromEntries(sums), RELEASED)
  })
})

/** Table → its columns, constraints and indexes. */
async function layoutOf(schema: string) {
  const { rows } = await db.connection('orders_owner').rawQuery<{ rows: Record<string, string>[] }>(
    `select relname as table, (
       select json_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
         attgenerated, pg_get_expr(adbin, adrelid)) order by attnum)
       from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
       where attrelid = relation.oid and attnum > 0 and not attisdropped) as columns, (
       select json_agg(conname || ' ' || pg_get_constraintdef(oid) order by conname)
       from pg_constraint where conrelid = relation.oid) as constraints, (
       select json_agg(replace(indexdef, :prefix, '') order by indexname)
       from pg_indexes where schemaname = :schema and tablename = relname) as indexes, reloptions as options
     from pg_class as relation
     where relnamespace = cast(:schema as regnamespace) and relkind in ('r', 'p') and relname = any (:tables)
     order by relname`,
    { schema, prefix: `${schema}.`, tables: KERNEL_TABLES as never }
  )
  return Object.fromEntries(rows.map(({ table, ...layout }) => [table, layout]))
}
