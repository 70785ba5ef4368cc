import type { Admin, Kafka } from 'kafkajs'
import type { TopicContents } from './transport.ts'

/** Reads a topic from its beginning to where it ends now, in a group of its own that it removes. */
export async function readContents(
  kafka: Kafka,
  admin: Admin,
  topic: string
): Promise<TopicContents> {
  const offsets = await admin.fetchTopicOffsets(topic)
  const messageIds = new Set<string>()
  const earliest = new Map(offsets.map(({ partition, low }) => [partition, BigInt(low)]))
  const ends = new Map(
    offsets
      .filter(({ low, high }) => BigInt(high) > BigInt(low))
      .map(({ partition, high }) => [partition, BigInt(high)])
  )
  if (ends.size === 0) return { messageIds, earliest }

  const groupId = `${topic}-verify-${process.pid}-${Date.now()}`
  const reader = kafka.consumer({ groupId, allowAutoTopicCreation: false })
  try {
    await reader.connect()
    await reader.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      // A crash that kafkajs mends itself is none: a new group's coordinator may still be loading.
      reader.on(reader.events.CRASH, ({ payload: { error, restart } }) => {
        if (!restart) reject(error)
      })
      reader
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            for (const { headers } of batch.messages) messageIds.add(String(headers?.ce_id ?? ''))
            const end = ends.get(batch.partition)
            if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end)
              ends.delete(batch.partition)
            if (ends.size === 0) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    await reader.disconnect().catch(() => {})
    await admin.deleteGroups([groupId]).catch(() => {})
  }
  return { messageIds, earliest }
}
