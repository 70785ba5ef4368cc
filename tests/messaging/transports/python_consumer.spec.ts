/*
 * docs/examples/consumer.py, run unchanged, as an external consumer would.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { NAMESPACE } from '#config/namespace'
import { orderPlaced } from '#contracts/messages/orders'
import OutboxReplay from '#messaging/commands/outbox_replay'
import { encode } from '#messaging/message/message'
import { outbox } from '#messaging/outbox/outbox'
import type { Delivery, Transport } from '#messaging/transports/transport'
import { faultsOf } from '#tests/support/documents/asyncapi'
import {
  cancel,
  emptyShop,
  fulfil,
  patch,
  person,
  post,
  product,
  type Person,
} from '#tests/support/shop'
import { run } from '#tests/messaging/support/operator_terminal'
import { freshPrefix, kafkaTransport } from '#tests/support/transports'
import { waitUntilIdle, startWorkers } from '#tests/support/workers'
import { eventually } from '#tests/support/eventually'
import { brokers } from '#tests/support/kafka/broker'
import { python } from '#tests/support/processes/python'

const kafka = await brokers()
const interpreter = kafka && (await python())
const script = fileURLToPath(new URL('../../../docs/examples/consumer.py', import.meta.url))

if (kafka && interpreter) {
  test.group('A consumer in Python', (group) => {
    const prefix = freshPrefix()
    let transport: Transport
    let heard: Delivery[]
    let folder: string

    group.setup(async () => {
      await emptyShop()
      folder = await mkdtemp(`${tmpdir()}/python-consumer-`)
      transport = kafkaTransport(undefined, prefix)
      heard = []
      for (const topic of ['orders', 'inventory']) await transport.openTopic(topic)
      transport.subscribe({
        name: 'observer',
        topics: ['orders', 'inventory'],
        batchSize: 500,
        handle: async (deliveries) => void heard.push(...deliveries),
      })
      const stop = await startWorkers(transport)
      return async () => {
        await stop()
        await rm(folder, { recursive: true })
      }
    })

    test('keeps each order’s state over restarts, crashes, repeats, replays and malformed records', async ({
      client,
      assert,
    }) => {
      const ada = await person('customer', 'Ada')
      const clerk = await person('clerk', 'Carl')
      await product('CUP', 10)
      await waitUntilIdle()
      const [mind, greedy, gone, much] = await place(ada, [2, 1, 1, 99])
      await waitUntilIdle()
      assert.sameDeepMembers(await table(), [
        row(mind, 1, 'confirmed', 1, 2),
        row(greedy, 1, 'confirmed', 1, 1),
        row(gone, 1, 'confirmed', 1, 1),
        row(much, 1, 'rejected', null, 0),
      ])

      const crash = await followUntilChanged(async () => {
        await patch(client, ada, mind, '*', { lines: [{ sku: 'CUP', quantity: 5 }] })
        await patch(client, ada, greedy, '*', { lines: [{ sku: 'CUP', quantity: 50 }] })
        await waitUntilIdle()
      })
      assert.equal(crash, 'SIGKILL')
      await cancel(client, ada, gone)
      await waitUntilIdle()
      const before = await table()
      assert.sameDeepMembers(before, [
        row(mind, 2, 'confirmed', 2, 5),
        row(greedy, 2, 'confirmed', 1, 1),
        row(gone, 2, 'cancelled', null, 0),
        row(much, 1, 'rejected', null, 0),
      ])

      await fulfil(client, clerk, mind, { revision: 2 })
      await replay()
      await replay('--type=order_placed')
      await sayAgain('order_revised', greedy)
      await waitUntilIdle()
      await junk()
      const after = [row(mind, 3, 'fulfilled', null, 0), ...before.filter((o) => o.order !== mind)]
      assert.sameDeepMembers(await table(), after)

      // Where it was is lost: everything comes again.
      assert.sameDeepMembers(await table({ group: 'another' }), after)
      assert.sameDeepMembers(await table({ group: 'a third', file: 'new' }), after)

      async function place(by: Person, quantities: number[]) {
        const ids: string[] = []
        for (const quantity of quantities) {
          const placed = await post(client, by, { lines: [{ sku: 'CUP', quantity }] })
          ids.push(placed.body().id)
        }
        return ids
      }
    })

    test('receives messages as /asyncapi.json describes', async ({ assert }) => {
      const said = new Set(await idsSaid())
      const ours = () => heard.filter(({ record }) => said.has(record.headers.ce_id))
      const gotten = () => new Set(ours().map(({ record }) => record.headers.ce_id))
      await eventually('all that was said is heard', () => gotten().size === said.size)
      const types = new Set(ours().map(({ record }) => record.headers.ce_type))
      assert.isAtLeast(types.size, 11)
      for (const { record } of ours()) {
        const [, name] = /\.(\w+\.v1)$/.exec(record.headers.ce_type)!
        assert.deepEqual(faultsOf(name, 'headers', record.headers), [])
        assert.deepEqual(faultsOf(name, 'payload', JSON.parse(String(record.value))), [])
        assert.deepEqual(faultsOf(name, 'key', record.key), [])
      }
    })

    /** What the consumer prints at the end of the topic. */
    async function table({ group: groupId = 'holdings', file = 'holdings' } = {}) {
      const { stdout } = await promisify(execFile)(
        interpreter!,
        [...settings(groupId, file), '--once'],
        { timeout: 30_000 }
      )
      const lines = stdout.trim().split('\n')
      return lines.map((line) => JSON.parse(line) as ReturnType<typeof row>)
    }

    /** Kills it as soon as it has changed its table. @returns the signal that it ended by */
    async function followUntilChanged(happens: () => Promise<void>) {
      const consumer = spawn(interpreter!, settings('holdings', 'holdings'))
      const ended = once(consumer, 'exit')
      const changed = new Promise<void>((resolve, reject) => {
        let said = ''
        consumer.stderr.on('data', (text) => {
          said += text
          if (/[1-9]\d* changes/.test(said)) resolve()
        })
        void ended.then(() => reject(new Error(`the consumer ended: ${said}`)))
      })
      await Promise.all([happens(), changed])
      consumer.kill('SIGKILL')
      const [, signal] = await ended
      return signal as string
    }

    /** A member with a name of its own comes back at once, whatever became of it. */
    function settings(groupId: string, file: string) {
      return [
        script,
        ...['--brokers', kafka!.join(), '--topic', `${prefix}orders`],
        ...['--group', `${prefix}${groupId}`, '--table', `${folder}/${file}.sqlite`],
        ...['-X', 'group.instance.id=one'],
      ]
    }

    /** As the sweeper does: under a new id. */
    async function sayAgain(type: string, key: string) {
      const [said] = await db.connection('orders').from('outbox').where({ type, key })
      const time = new Date().toISOString()
      const again = { ...said, id: uuidv7(), time, headers: { ce_resendof: said.message_id } }
      await db.connection('orders').transaction((trx) => outbox.add(trx, [again]))
    }

    async function replay(...which: string[]) {
      const why = '--why=the table is lost'
      const { exitCode } = await run(OutboxReplay, '--module=orders', why, '--yes', ...which)
      if (exitCode) throw new Error(`outbox:replay ended with ${exitCode}`)
    }

    async function junk() {
      const message = orderPlaced.about(uuidv7(), { revision: 1, lines: [] })
      const good = encode({ ...message, json: JSON.stringify(message.data) }, NAMESPACE)
      const typed = (type: string) => ({ ...good, headers: { ...good.headers, ce_type: type } })
      await transport.send('orders', 0, [
        { key: null, value: Buffer.from('junk'), headers: {} },
        { ...good, value: Buffer.from('{"revision":') },
        { ...good, key: null },
        typed('quartermaster.orders.order_placed.v9'),
        typed('quartermaster.orders.order_praised.v2'),
      ])
    }
  })
}

async function idsSaid(): Promise<string[]> {
  const outboxes = ['orders', 'inventory'].map((name) => db.connection(name).from('outbox'))
  const said = await Promise.all(outboxes.map((rows) => rows.select('message_id')))
  return said.flat().map(({ message_id: id }) => id)
}

function row(
  order: string,
  revision: number,
  state: string,
  heldRevision: number | null,
  cups: number
) {
  return {
    order,
    revision,
    state,
    heldRevision,
    lines: cups ? [{ sku: 'CUP', quantity: cups }] : [],
  }
}
