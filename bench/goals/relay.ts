/*
 * B4: a backlog of messages on its way to Kafka, beside reading, sending and marking the same rows, each alone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { residentMegabytes } from '../measure/cpu.ts'
import { describeMachine } from '../report.ts'
import { startWorker } from '../under_test/app.ts'
import { compile, fromSource, ROOT } from '../under_test/checkout.ts'
import type { DatabaseUnderTest } from '../under_test/database.ts'
import type { Endings } from '../under_test/endings.ts'
import { Stage } from '../under_test/stage.ts'
import { short, type GoalOptions, type GoalReport } from './goal_report.ts'

const KEYS = 10_000
const BATCH = 1_000
const IDLE_MS = 3_000
const POLL_MS = 200

export async function relay(options: GoalOptions, endings: Endings): Promise<GoalReport> {
  const machine = describeMachine()
  const { rows, compiled } = options
  const stage = await Stage.open(false, endings)
  const { brokers } = await stage.kafka()
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING })

  const alone = await stage.emptyDatabase()
  const few = Math.ceil(rows / 5)
  await storePending(alone, few)
  const limits = {
    read: await perSecond(few, () => read(alone)),
    send: await perSecond(few, () => send(kafka, few)),
    mark: await perSecond(few, () => mark(alone)),
  }
  await stage.drop(alone)

  const database = await stage.emptyDatabase()
  const worker = await startWorker(
    {
      ...stage.settingsOf(database, { KAFKA_TOPIC_PREFIX: 'relay-' }),
      checkout: compiled ? await compile(ROOT) : fromSource,
      brokers,
    },
    ['--only=relay'],
    endings
  )
  await sleep(IDLE_MS)
  const idleMb = residentMegabytes(worker.pid)
  // One transaction: the relay sees all rows at once.
  await storePending(database, rows)
  let mostMb = idleMb ?? 0
  const published = await perSecond(rows, async () => {
    while ((await countSent(kafka)) < rows || (await isPending(database))) {
      mostMb = Math.max(mostMb, residentMegabytes(worker.pid) ?? 0)
      await sleep(POLL_MS)
    }
  })
  await worker.stop()
  const limit = 1 / (1 / limits.read + 1 / limits.send + 1 / limits.mark)
  const grown = idleMb && mostMb - idleMb
  return {
    scenario: 'relay',
    machine,
    options: { ...options, transport: 'kafka' },
    goals: [
      { id: 'B4', what: 'rows/s ÷ read + send + mark', value: published / limit, least: 0.6 },
      { id: 'B4', what: 'MB more than idle', value: grown, most: 100 },
    ],
    notes: [
      `${rows} rows, ${short(published)}/s; each alone: read ${short(limits.read)}/s, send ${short(limits.send)}/s, mark ${short(limits.mark)}/s`,
    ],
    faults: await overtaken(kafka, rows),
  }
}

async function storePending(database: DatabaseUnderTest, rows: number) {
  console.error(`… storing ${rows} pending rows`)
  await database.query(
    `insert into orders.outbox (message_id, topic, key, key_hash, type, version, data)
     select uuidv7(), 'orders', (n % $2)::text, n % $2, 'bench_filler', 1,
       json_build_object('n', n, 'lines', json_build_array(json_build_object('sku', 'MUG-RED', 'quantity', 1)))
     from generate_series(1, $1::int) as n`,
    [rows, KEYS]
  )
}

async function perSecond(rows: number, work: () => Promise<void>) {
  const begun = performance.now()
  await work()
  return (rows * 1_000) / (performance.now() - begun)
}

async function read(database: DatabaseUnderTest) {
  await database.session(async (query) => {
    for (let last = '0', found = BATCH; found === BATCH;) {
      const rows = await query<{ id: string }>(
        `select id, message_id, topic, key, key_hash, type, version, data::text as json, headers, created_at
         from orders.outbox where published_at is null and id > $1 order by id limit ${BATCH}`,
        [last]
      )
      found = rows.length
      last = rows.at(-1)?.id ?? last
    }
  })
}

async function mark(database: DatabaseUnderTest) {
  await database.session(async (query) => {
    await query('set synchronous_commit = off', [])
    const [{ last }] = await query<{ last: number }>(
      'select max(id)::int as last from orders.outbox',
      []
    )
    for (let from = 1; from <= last; from += BATCH) {
      const ids = Array.from({ length: BATCH }, (_, index) => from + index)
      await query(
        'update orders.outbox set published_at = clock_timestamp(), partition = 0, "offset" = id where id = any ($1)',
        [ids]
      )
    }
  })
}

/** Six partitions at a time, as the relay. */
async function send(kafka: Kafka, rows: number) {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'relay-alone', numPartitions: 6 }] })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  const value = JSON.stringify({ n: 1, lines: [{ sku: 'MUG-RED', quantity: 1 }] })
  const headers = { ce_id: '01938b7e-0000-7000-8000-000000000000', ce_type: 'bench_filler' }
  const messages = Array.from({ length: BATCH }, (_, n) => ({ key: String(n), value, headers }))
  const sendPart = async () => {
    for (let sent = 0; sent < rows / 6; sent += BATCH) {
      await producer.send({ topic: 'relay-alone', messages, acks: -1 })
    }
  }
  await Promise.all(Array.from({ length: 6 }, sendPart))
  await producer.disconnect()
}

async function countSent(kafka: Kafka) {
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets('relay-orders').catch(() => [])
  await admin.disconnect()
  return offsets.reduce((sum, { high }) => sum + Number(high), 0)
}

async function isPending(database: DatabaseUnderTest) {
  const [{ pending }] = await database.query<{ pending: boolean }>(
    'select exists (select from orders.outbox where published_at is null) as pending'
  )
  return pending
}

/** Reads the topic. @returns a violation for rows that are missing, or that overtook an earlier row of their key */
async function overtaken(kafka: Kafka, rows: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: 'relay-check' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'relay-orders', fromBeginning: true })
  const last = new Map<string, number>()
  let seen = 0
  let early = 0
  const all = Promise.withResolvers<void>()
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const { key, value } of batch.messages) {
        const { n } = JSON.parse(value!.toString()) as { n: number }
        const before = last.get(key!.toString()) ?? 0
        // A row that is sent again is no fault.
        if (n <= before) continue
        if (before > 0 && n !== before + KEYS) early++
        last.set(key!.toString(), n)
        if (++seen === rows) all.resolve()
      }
    },
  })
  await Promise.race([all.promise, sleep(120_000, undefined, { ref: false })])
  await consumer.disconnect()
  return [
    ...(seen < rows ? [`${rows - seen} rows are not in the topic`] : []),
    ...(early > 0 ? [`${early} rows overtook an earlier row of their key`] : []),
  ]
}
