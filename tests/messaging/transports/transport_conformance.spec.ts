/*
 * What every transport must do. Each driver runs the same tests; what only one can do is tested beside
 * it, in a file of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { BaseCommand } from '@adonisjs/core/ace'
import { test } from '@japa/runner'
import { eventually } from '#tests/support/eventually'
import type { WireRecord } from '#messaging/message/message'
import {
  TransportUnavailable,
  type Delivery,
  type Subscriber,
  type Transport,
} from '#messaging/transports/transport'
import { EXIT, guarded } from '#console/exit_codes'
import { kafkaTransport, transports } from '#tests/support/transports'

for (const [name, makeTransport] of transports) {
  test.group(`The ${name} transport`, (group) => {
    let transport: Transport

    group.each.setup(() => {
      transport = makeTransport()
      return () => transport.close()
    })

    test('opens a topic once, and returns the same partition count the second time', async ({
      assert,
    }) => {
      const partitions = await transport.openTopic('orders')
      assert.isAtLeast(partitions, 1)
      assert.equal(await transport.openTopic('orders'), partitions)
    })

    test('finds a topic that is open', async ({ assert }) => {
      if (transport.storesMessages) assert.isNull(await transport.findTopic('orders'))
      const partitions = await transport.openTopic('orders')
      assert.equal((await transport.findTopic('orders'))?.partitions, partitions)
    })

    test('adds partitions where messages are stored, and refuses it elsewhere', async ({
      assert,
    }) => {
      const partitions = await transport.openTopic('orders')
      const added = transport.addPartitions('orders', partitions + 1)
      if (!transport.storesMessages) return assert.rejects(() => added, /one partition/)
      await added
      const enlarged = async () => (await transport.findTopic('orders'))?.partitions
      await eventually('the partition is there', async () => (await enlarged()) === partitions + 1)
    })

    test('knows the position of a subscriber where messages are stored', async ({ assert }) => {
      const listener = await listen(transport, ['orders'])
      await transport.openTopic('inventory')
      await transport.send('orders', 0, [record('k', 1)])
      await listener.count(1)
      const committed = () => transport.hasPosition(listener.name, 'orders')
      if (transport.storesMessages) await eventually('the position is committed', committed)
      else assert.isFalse(await committed())
      assert.isFalse(await transport.hasPosition(listener.name, 'inventory'))
    })

    test('counts the lag of a subscriber where messages are stored', async ({ assert }) => {
      await transport.openTopic('orders')
      await transport.send('orders', 0, [record('k', 1), record('k', 2)])
      const lag = await transport.lag('listener', ['orders'])
      assert.equal(lag, transport.storesMessages ? 2 : null)
    })

    test('reports how long a topic keeps handled messages', async ({ assert }) => {
      await transport.openTopic('orders')
      const kept = transport.storesMessages ? 7 * 86_400_000 : 0
      assert.equal(await transport.retention('orders'), kept)
    })

    test('delivers key, value and headers unchanged', async ({ assert }) => {
      const heard = await listen(transport, ['orders'])
      const sent = { ...record('k', 1), value: Buffer.from('{"name":"Grüße 茶"}') }
      sent.headers.traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
      await transport.send('orders', 0, [sent])
      const [delivery] = await heard.count(1)
      assert.equal(delivery.topic, 'orders')
      assert.equal(delivery.partition, 0)
      assert.equal(delivery.record.key, 'k')
      assert.equal(delivery.record.value?.toString(), '{"name":"Grüße 茶"}')
      assert.deepEqual(delivery.record.headers, sent.headers)
    })

    test('delivers the records of a partition in order across sends', async ({ assert }) => {
      const heard = await listen(transport, ['orders'])
      for (let batch = 0; batch < 10; batch++) {
        const records = Array.from({ length: 50 }, (_, index) => record('k', batch * 50 + index))
        await transport.send('orders', 0, records)
      }
      const deliveries = await heard.count(500)
      assert.deepEqual(
        deliveries.map(numberOf),
        Array.from({ length: 500 }, (_, index) => index)
      )
    })

    test('delivers at most the batch size, and one batch per partition at a time', async ({
      assert,
    }) => {
      const heard = await listen(transport, ['orders'], { batchSize: 7, pause: 1 })
      await transport.send(
        'orders',
        0,
        Array.from({ length: 40 }, (_, index) => record('k', index))
      )
      await heard.count(40)
      assert.isAtMost(Math.max(...heard.sizes), 7)
      assert.equal(heard.mostAtOnce, 1)
    })

    test('delivers to every subscriber of a topic and to no other', async ({ assert }) => {
      const first = await listen(transport, ['orders'], { name: 'first' })
      const second = await listen(transport, ['orders', 'inventory'], { name: 'second' })
      await transport.send('orders', 0, [record('k', 1)])
      await transport.send('inventory', 0, [record('k', 2)])
      await second.count(2)
      await first.count(1)
      assert.deepEqual(first.deliveries.map(numberOf), [1])
      assert.sameMembers(second.deliveries.map(numberOf), [1, 2])
    })

    test('redelivers unfinished records in order', async ({ assert }) => {
      let failures = 2
      const heard = await listen(transport, ['orders'], {
        before: () => {
          if (failures-- > 0) throw new Error('not this time')
        },
      })
      const records = [record('k', 1), record('k', 2), record('k', 3)]
      // A driver that says no at once is asked again, as the relay does.
      for (;;) {
        const sent = await transport.send('orders', 0, records).then(
          () => true,
          () => false
        )
        if (sent) break
      }
      const deliveries = await heard.count(3)
      assert.deepEqual(deliveries.map(numberOf), [1, 2, 3])
    })

    test('delivers nothing after it is closed', async ({ assert }) => {
      const heard = await listen(transport, ['orders'])
      await transport.send('orders', 0, [record('k', 1)])
      await heard.count(1)
      await transport.close()
      assert.equal(heard.running, 0)
      assert.lengthOf(heard.deliveries, 1)
    })

    test('has no warnings without a problem', async ({ assert }) => {
      const heard = await listen(transport, ['orders'])
      await transport.send('orders', 0, [record('k', 1)])
      await heard.count(1)
      assert.deepEqual(transport.warnings(), [])
    })
  })
}

test.group('An unreachable broker', () => {
  test('fails every call with one error type, for which commands exit 4', async ({ assert }) => {
    const transport = kafkaTransport(['127.0.0.1:1'])
    for (const ask of [
      () => transport.openTopic('orders'),
      () => transport.findTopic('orders'),
      () => transport.addPartitions('orders', 5),
      () => transport.send('orders', 0, [record('k', 1)]),
      () => transport.retention('orders'),
      () => transport.contents('orders'),
      () => transport.lag('listener', ['orders']),
      () => transport.hasPosition('listener', 'orders'),
    ]) {
      const error = await ask().then(
        () => null,
        (thrown) => thrown
      )
      assert.instanceOf(error, TransportUnavailable, String(ask))
    }
    await transport.close()
    const command = { logger: { error() {} } } as unknown as BaseCommand
    await guarded(command, async () => {
      throw new TransportUnavailable('connection refused')
    })
    assert.equal(command.exitCode, EXIT.unreachable)
  })
})

/** A subscriber that writes down what it finished. */
class Listener implements Subscriber {
  readonly name: string
  readonly batchSize: number
  readonly deliveries: Delivery[] = []
  readonly sizes: number[] = []
  running = 0
  mostAtOnce = 0

  constructor(
    readonly topics: string[],
    readonly options: { name?: string; batchSize?: number; pause?: number; before?: () => void }
  ) {
    this.name = options.name ?? 'listener'
    this.batchSize = options.batchSize ?? 200
  }

  async handle(deliveries: Delivery[]) {
    this.options.before?.()
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.running)
    this.sizes.push(deliveries.length)
    // Time for another batch to come in between, if the driver lets it.
    if (this.options.pause) await sleep(this.options.pause)
    this.deliveries.push(...deliveries)
    this.running--
  }

  /** The deliveries, once there are so many. */
  async count(wanted: number) {
    const deadline = Date.now() + 60_000
    while (this.deliveries.length < wanted) {
      if (Date.now() > deadline) throw new Error(`${this.deliveries.length} of ${wanted} delivered`)
      await sleep(5)
    }
    return this.deliveries
  }
}

async function listen(
  transport: Transport,
  topics: string[],
  options: ConstructorParameters<typeof Listener>[1] = {}
) {
  for (const topic of topics) await transport.openTopic(topic)
  const listener = new Listener(topics, options)
  transport.subscribe(listener)
  return listener
}

function record(key: string, number: number): WireRecord {
  return { key, value: Buffer.from(JSON.stringify({ number })), headers: { ce_id: String(number) } }
}

function numberOf({ record: { value } }: Delivery): number {
  return JSON.parse(value!.toString()).number
}
