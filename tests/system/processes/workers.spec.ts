/*
 * Two web processes and a worker on one database and one broker. If one is frozen or killed, the others
 * continue; a process that is stopped leaves no work to be repeated.
 */
import { randomBytes } from 'node:crypto'
import { test } from '@japa/runner'
import { Kafka, logLevel } from 'kafkajs'
import { freePort } from '#tests/support/runner/environment'
import { brokers } from '#tests/support/kafka/broker'
import { eventually } from '#tests/support/eventually'
import { AppProcess, dataDirectory, endApps } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

/** The server ends a silent leader after three seconds; the rest depends on the machine. */
const TAKE_OVER_MS = 15_000
/** How long a consumer group waits for a member that died. */
const SESSION_MS = 10_000

const kafka = await brokers()
const transports: [name: string, options: Parameters<typeof ShopProcess.open>[0]][] = [
  ['embedded', {}],
]
if (kafka) {
  const topicPrefix = `w${randomBytes(4).toString('hex')}.`
  transports.push(['kafka', { kafka: { brokers: kafka.join(), topicPrefix } }])
}

for (const [transport, options] of transports) {
  const within = TAKE_OVER_MS + (transport === 'kafka' ? SESSION_MS : 0)

  test.group(`Three processes on ${transport}`, (group) => {
    let shop: ShopProcess
    let first: AppProcess
    let second: AppProcess
    let worker: AppProcess
    let home: Awaited<ReturnType<typeof dataDirectory>>

    group.setup(async () => {
      home = await dataDirectory()
      shop = await ShopProcess.open(options)
      first = shop.app
      const beside = { ...shop.options, dataDir: home.path }
      ;[second, worker] = await Promise.all([
        AppProcess.start(beside),
        AppProcess.startWorker(beside),
      ])
      return async () => {
        await endApps()
        await shop.close()
        await home.remove()
      }
    })

    async function goesOn(through: AppProcess) {
      shop.app = through
      const began = performance.now()
      await shop.place(10)
      await shop.settled()
      return performance.now() - began
    }

    function relaysOf({ pid }: AppProcess) {
      return shop.query(
        `select pid from pg_stat_activity where application_name like '%, process ${pid}'`
      )
    }

    test('continue when any of them is frozen or killed', async ({ assert }) => {
      process.kill(first.pid, 'SIGSTOP')
      assert.isBelow(await goesOn(second), within, 'the first, which leads, is frozen')
      process.kill(first.pid, 'SIGCONT')

      await worker.kill('SIGKILL')
      assert.isBelow(await goesOn(second), within, 'the worker is killed')
      worker = await AppProcess.startWorker({ ...shop.options, dataDir: home.path })

      await second.kill('SIGKILL')
      assert.isBelow(await goesOn(first), within, 'the second is killed')
      await shop.assertKept(assert)
    })

    test('leave background work to the worker, which finishes its work when it stops', async ({
      assert,
    }) => {
      await first.kill('SIGTERM')
      await shop.start({ env: { WORK: 'off' } })
      assert.isBelow(await goesOn(shop.app), within)
      assert.isEmpty(await relaysOf(shop.app), 'it neither leads nor stands by')

      const placing = shop.place(130)
      while (shop.accepted.length < 110) await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(await worker.kill('SIGTERM'), { code: 0, signal: null })
      assert.deepEqual(await handledButDueAgain(shop), [])
      await placing

      const port = await freePort()
      worker = await AppProcess.startWorker(shop.options, `--port=${port}`)
      await goesOn(shop.app)
      await shop.assertKept(assert)
      await shop.assertProven(assert)
      const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
      const metrics = await (await ask('/metrics')).text()
      assert.match(metrics, /quartermaster_outbox_relay_leader\{module="orders"\} 1/)
      assert.match(metrics, /quartermaster_consumer_messages_total\{.*outcome="handled"\} [1-9]/)
      for (const role of ['relay', 'consumers', 'mail', 'sweeper', 'retention']) {
        const unseen = `quartermaster_worker_role_unseen_seconds{module="orders",role="${role}"}`
        const line = metrics.split('\n').find((one) => one.startsWith(unseen))
        assert.isBelow(Number(line?.split(' ')[1]), 60, role)
      }
      assert.deepEqual(await (await ask('/health/live')).json(), { status: 'ok', stuck: [] })
      assert.equal((await ask('/health/ready')).status, 200)
      assert.equal((await ask('/admin')).status, 404)
      assert.deepEqual(await worker.kill('SIGTERM'), { code: 0, signal: null })
    })

    // The transport makes no difference.
    if (transport === 'embedded') {
      test('refuse to start a worker newer than the tables, and name the missing migration', async ({
        assert,
      }) => {
        const [{ name, batch }] = await shop.query<{ name: string; batch: number }>(
          `delete from inventory.adonis_schema where id = (select max(id) from inventory.adonis_schema)
           returning name, batch`
        )
        const later = await AppProcess.launch({
          ...shop.options,
          ...{ entry: 'ace.js', args: ['messaging:work'] },
        })
        assert.deepEqual(await later.exited, { code: 1, signal: null })
        assert.include(later.printed.replaceAll('\n', ' '), `Missing migrations: ${name}.`)
        assert.include(later.printed, 'db:setup')
        await shop.query(
          `insert into inventory.adonis_schema (name, batch, migration_time) values ('${name}', ${batch}, now())`
        )
      })
    }

    test('run only the work that each worker is assigned', async ({ assert }) => {
      const beside = { ...shop.options, dataDir: home.path }
      await AppProcess.startWorker(beside, '--no-mail')
      await goesOn(shop.app)
      await goesOn(shop.app)
      // Of others a process that was killed may have had some in hand: they come a minute later.
      const placed = shop.accepted.slice(-20).map(({ id }) => `'${id}'`)
      const waiting = () =>
        shop.query(
          `select from orders.notifications where status = 'pending' and order_id in (${placed})`
        )
      assert.lengthOf(await waiting(), 20)
      const postman = await AppProcess.startWorker(beside, '--only=mail')
      await eventually('the mails are sent', async () => (await waiting()).length === 0)
      assert.isEmpty(await relaysOf(postman))
    })
  })
}

test.group('A worker', (group) => {
  group.teardown(endApps)

  test('refuses invalid options', async ({ assert }) => {
    const refused = async (flags: string[], env: Record<string, string> = {}) => {
      const worker = await AppProcess.launch({
        dataDir: '/nowhere',
        databaseUrl: 'postgres://nobody@127.0.0.1:1/none',
        entry: 'ace.js',
        args: ['messaging:work', ...flags],
        env: { APP_KEY: randomBytes(16).toString('hex'), ...env },
      })
      assert.deepEqual(await worker.exited, { code: 2, signal: null }, worker.printed)
      return worker.printed
    }
    const [unknown, nothing, embedded, sweeper, port] = await Promise.all([
      refused(['--only=relay,postman']),
      refused(['--only=mail', '--no-mail']),
      refused(['--no-consumers']),
      refused(['--no-relay'], { KAFKA_BROKERS: '127.0.0.1:1' }),
      refused(['--port=0']),
    ])
    assert.include(unknown, 'postman')
    assert.include(nothing, 'All workers are switched off')
    assert.include(embedded, 'Without Kafka')
    assert.include(sweeper, 'Sweeper and retention run')
    assert.include(port, '--port must be')
  })
})

interface Handled {
  id: string
  marked: boolean
  partition: number
  offset: string
}

/** Messages that were handled, and that the next process will be handed again. */
async function handledButDueAgain(shop: ShopProcess) {
  const due = []
  for (const [module, consumer] of [
    ['orders', 'inventory'],
    ['inventory', 'orders'],
  ]) {
    const handled = await shop.query<Handled>(
      `select id, published_at is not null as marked, partition, "offset" from ${module}.outbox
       join ${consumer}.inbox using (message_id)`
    )
    const committed = await committedOffsets(shop, module, consumer)
    due.push(...handled.filter((message) => !message.marked || !committed(message)))
  }
  return due
}

async function committedOffsets({ options }: ShopProcess, topic: string, group: string) {
  if (!options.kafka) return () => true
  const { topicPrefix } = options.kafka
  const client = new Kafka({
    brokers: options.kafka.brokers.split(','),
    logLevel: logLevel.NOTHING,
  })
  const admin = client.admin()
  await admin.connect()
  const [{ partitions }] = await admin.fetchOffsets({
    groupId: `${topicPrefix}${group}`,
    topics: [`${topicPrefix}${topic}`],
  })
  await admin.disconnect()
  const next = new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
  return ({ partition, offset }: Handled) => BigInt(offset) < (next.get(partition) ?? 0n)
}
