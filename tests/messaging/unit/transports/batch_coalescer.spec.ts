import { test } from '@japa/runner'
import { BatchCoalescer } from '#messaging/transports/batch_coalescer'
import type { Delivery } from '#messaging/transports/transport'

test.group('Batches of several partitions', () => {
  test('that come in one fetch are handled together, up to the batch size', async ({ assert }) => {
    const handled: number[] = []
    const handle = async (batch: Delivery[]) => void handled.push(batch.length)
    const batches = new BatchCoalescer({ name: 'test', topics: ['orders'], batchSize: 10, handle })
    await Promise.all(
      [1, 2, 3, 5].map((count) => batches.handle(deliveries(count), async () => {}))
    )
    assert.deepEqual(handled, [6, 5])
  })
})

function deliveries(count: number): Delivery[] {
  const record = { key: 'a', value: null, headers: {} }
  return Array.from({ length: count }, () => {
    return { topic: 'orders', partition: 0, offset: '0', record }
  })
}
