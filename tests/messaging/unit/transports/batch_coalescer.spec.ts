import { setImmediate } from 'node:timers/promises'
import { test } from '@japa/runner'
import { Pace } from '#runtime/pace'
import { BatchCoalescer } from '#messaging/transports/batch_coalescer'
import type { Delivery } from '#messaging/transports/transport'

const HOUR_MS = 3_600_000
const alive = async () => {}

function newCoalescer(pace?: Pace) {
  const handled: number[] = []
  const handle = async (batch: Delivery[]) => void handled.push(batch.length)
  const subscriber = { name: 'test', topics: ['orders'], batchSize: 10, handle }
  return { handled, batches: new BatchCoalescer(subscriber, pace) }
}

function deliveries(count: number): Delivery[] {
  const record = { key: 'a', value: null, headers: {} }
  return Array.from({ length: count }, () => {
    return { topic: 'orders', partition: 0, offset: '0', record }
  })
}

test.group('Batches of several partitions', () => {
  test('that come in one fetch are handled together, up to the batch size', async ({ assert }) => {
    const { handled, batches } = newCoalescer()
    await Promise.all([1, 2, 3, 5].map((count) => batches.handle(deliveries(count), alive)))
    assert.deepEqual(handled, [6, 5])
  })

  test('count as handled at once when messages are rare', async ({ assert }) => {
    const { handled, batches } = newCoalescer(new Pace({ most: HOUR_MS, perRow: HOUR_MS }))
    for (let n = 0; n < 5; n++) await batches.handle(deliveries(1), alive)
    assert.deepEqual(handled, [1, 1, 1, 1, 1])
  })

  test('delay the next fetch under load, but no other batch', async ({ assert }) => {
    const { handled, batches } = newCoalescer(new Pace({ most: HOUR_MS, perRow: HOUR_MS }))
    let counted = 0
    for (let n = 1; n <= 3; n++) {
      void batches.handle(deliveries(9), alive).then(() => counted++)
      while (handled.length < n) await setImmediate()
    }
    await setImmediate()
    assert.equal(counted, 0)
  })

  test('of full size delay nothing', async ({ assert }) => {
    const { handled, batches } = newCoalescer(new Pace({ most: HOUR_MS, perRow: HOUR_MS }))
    for (let n = 0; n < 3; n++) await batches.handle(deliveries(10), alive)
    assert.deepEqual(handled, [10, 10, 10])
  })
})
