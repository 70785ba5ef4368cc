import { createRequire } from 'node:module'
import { test } from '@japa/runner'
import { tolerateUnreadableBatches } from '#messaging/transports/kafka/kafkajs_patches/fetch'

const OFFSET_OUT_OF_RANGE = 1
const CORRUPT_MESSAGE = 2
const KAFKA_STORAGE_ERROR = 56
const UNKNOWN = -1

const require = createRequire(import.meta.url)

test.group('The answer to a fetch', (group) => {
  group.setup(() => tolerateUnreadableBatches())

  const parsed = async (...errors: number[]) => {
    const { parse } = require('kafkajs/src/protocol/requests/fetch/v11/response.js')
    const partitions = errors.map((errorCode, partition) => {
      return { partition, errorCode, highWatermark: '9', messages: errorCode ? [] : ['record'] }
    })
    const { responses } = await parse({ responses: [{ topicName: 'orders', partitions }] })
    return responses[0].partitions.map(({ messages }: any) => messages)
  }

  test('has the records of the other partitions when the broker cannot read one', async ({
    assert,
  }) => {
    const [damaged, ...others] = await parsed(CORRUPT_MESSAGE, 0, KAFKA_STORAGE_ERROR, UNKNOWN)
    assert.lengthOf(damaged, 1)
    assert.match(damaged[0].unreadable.reason, /CORRUPT_MESSAGE/)
    assert.deepEqual(others, [['record'], [], []])
  })

  test('is refused for other errors', async ({ assert }) => {
    await assert.rejects(() => parsed(0, OFFSET_OUT_OF_RANGE), /offset/)
  })
})
