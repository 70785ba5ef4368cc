import type { Admin, Kafka } from 'kafkajs'
import type { WireRecord } from '../message.ts'
import { toRecord } from './kafka_membership.ts'
import { MessageIds } from './message_ids.ts'
import type { TopicContents } from './transport.ts'

/** Without a batch; kafkajs itself would try for ever. */
const SILENT_MS = 60_000

/** The broker went away while a topic was read. */
export class BrokerSilent extends Error {
  name = 'BrokerSilent'
}

/**
 * Reads a topic from its beginning to where it ends now, in a group of its own that it removes.
 *
 * @throws BrokerSilent
 */
export async function readContents(
  kafka: Kafka,
  admin: Admin,
  topic: string,
  seen: (records: WireRecord[]) => Promise<void> = async () => {}
): Promise<TopicContents> {
  const offsets = await admin.fetchTopicOffsets(topic)
  const messageIds = new MessageIds()
  const earliest = new Map(offsets.map(({ partition, low }) => [partition, BigInt(low)]))
  const left = new Map(
    offsets
      .map(({ partition, low, high }) => ({ partition, next: BigInt(low), end: BigInt(high) }))
      .filter(({ next, end }) => end > next)
      .map((place) => [place.partition, place])
  )
  if (left.size === 0) return { messageIds, earliest }

  const groupId = `${topic}-verify-${process.pid}-${Date.now()}`
  let patience: NodeJS.Timeout | undefined
  const reader = kafka.consumer({ groupId, allowAutoTopicCreation: false })
  try {
    await reader.connect()
    await reader.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const silent = () =>
        reject(new BrokerSilent(`nothing of the topic ${topic} came for a minute`))
      patience = setTimeout(silent, SILENT_MS)
      // A crash that kafkajs mends itself is none: a new group's coordinator may still be loading.
      reader.on(reader.events.CRASH, ({ payload: { error, restart } }) => {
        if (!restart) reject(error)
      })
      reader
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            patience?.refresh()
            const place = left.get(batch.partition)
            if (!place) return
            // Each once, also after a crash, and none that came after the beginning.
            const records = batch.messages
              .filter(({ offset }) => BigInt(offset) >= place.next && BigInt(offset) < place.end)
              .map(toRecord)
            for (const { headers } of records) messageIds.add(headers.ce_id ?? '')
            try {
              await seen(records)
            } catch (error) {
              // To kafkajs it would be a reason to begin again.
              return reject(error)
            }
            patience?.refresh()
            place.next = BigInt(batch.lastOffset()) + 1n
            if (place.next >= place.end) left.delete(batch.partition)
            if (left.size === 0) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    clearTimeout(patience)
    await reader.disconnect().catch(() => {})
    await admin.deleteGroups([groupId]).catch(() => {})
  }
  return { messageIds, earliest }
}
