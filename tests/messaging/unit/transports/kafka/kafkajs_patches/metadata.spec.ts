import { createRequire } from 'node:module'
import { test } from '@japa/runner'
import { tolerateLeaderlessPartitions } from '#messaging/transports/kafka/kafkajs_patches/metadata'

const LEADER_NOT_AVAILABLE = 5
const UNKNOWN_TOPIC_OR_PARTITION = 3

/** What kafkajs asks of brokers today, and how it reads it by itself. */
const response = createRequire(import.meta.url)(
  'kafkajs/src/protocol/requests/metadata/v6/response.js'
)
const { parse } = response

const topic = (topicErrorCode: number, ...errors: number[]) => ({
  topicErrorCode,
  partitionMetadata: errors.map((partitionErrorCode, partitionId) => ({
    partitionErrorCode,
    partitionId,
    leader: partitionErrorCode ? -1 : 1,
  })),
})

test.group('The metadata of a topic', (group) => {
  group.setup(() => tolerateLeaderlessPartitions())

  const parsed = (...topicMetadata: object[]) => response.parse({ topicMetadata })

  test('tells of the other partitions when one has no leader', async ({ assert }) => {
    const metadata = { topicMetadata: [topic(0, 0, LEADER_NOT_AVAILABLE, 0)] }
    await assert.rejects(() => parse(structuredClone(metadata)), /leader/i)

    const { topicMetadata } = await parsed(...metadata.topicMetadata)
    const leaders = topicMetadata[0].partitionMetadata.map(({ leader }: any) => leader)
    assert.deepEqual(leaders, [1, -1, 1])
  })

  test('is refused when there is no such topic', async ({ assert }) => {
    await assert.rejects(() => parsed(topic(UNKNOWN_TOPIC_OR_PARTITION)), /topic/i)
  })
})
