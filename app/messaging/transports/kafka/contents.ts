import type { Admin, Kafka } from 'kafkajs'
import { toRecord, unreadableIn } from './group_member.ts'
import { withLastStableOffsets } from './offsets.ts'
import { MessageIds } from '../message_ids.ts'
import { TransportUnavailable, type ContentsOptions, type TopicContents } from '../transport.ts'

/** Milliseconds without a batch, after which reading ends; kafkajs itself sets no limit. */
const SILENT_MS = 60_000

/**
 * Reads a topic from its beginning to its current end, in a consumer group that it removes afterwards.
 *
 * @throws TransportUnavailable when the broker goes away meanwhile
 */
export async function readContents(
  kafka: Kafka,
  admin: Admin,
  topic: string,
  { seen = async () => {}, committedOnly = false }: ContentsOptions = {}
): Promise<TopicContents> {
  const fetchOffsets = () => admin.fetchTopicOffsets(topic)
  const offsets = await (committedOnly ? withLastStableOffsets(fetchOffsets) : fetchOffsets())
  const messageIds = new MessageIds()
  const unreadable: TopicContents['unreadable'] = []
  const earliest = new Map(offsets.map(({ partition, low }) => [partition, BigInt(low)]))
  const left = new Map(
    offsets
      .map(({ partition, low, high }) => ({ partition, next: BigInt(low), end: BigInt(high) }))
      .filter(({ next, end }) => end > next)
      .map((place) => [place.partition, place])
  )
  if (left.size === 0) return { messageIds, earliest, unreadable }

  const groupId = `${topic}-verify-${process.pid}-${Date.now()}`
  let patience: NodeJS.Timeout | undefined
  const reader = kafka.consumer({
    ...{ groupId, allowAutoTopicCreation: false },
    readUncommitted: !committedOnly,
  })
  try {
    await reader.connect()
    await reader.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const silent = () =>
        reject(new TransportUnavailable(`no data from the topic ${topic} for a minute`))
      patience = setTimeout(silent, SILENT_MS)
      const readTo = (partition: number, lastOffset: string) => {
        const place = left.get(partition)
        if (!place) return
        place.next = BigInt(lastOffset) + 1n
        if (place.next >= place.end) left.delete(partition)
        if (left.size === 0) resolve()
      }
      // The ends of transactions are no records: a batch of them alone is not handed over.
      reader.on(reader.events.END_BATCH_PROCESS, ({ payload }) => {
        if (payload.batchSize === 0) readTo(payload.partition, payload.lastOffset)
      })
      // kafkajs recovers from some crashes by itself, for example while the coordinator of a new group loads.
      reader.on(reader.events.CRASH, ({ payload: { error, restart } }) => {
        if (!restart) reject(error)
      })
      reader
        .run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          eachBatch: async ({ batch, resolveOffset }) => {
            patience?.refresh()
            const damaged = unreadableIn(batch)
            const lastOffset = damaged?.last ?? batch.lastOffset()
            resolveOffset(lastOffset)
            const place = left.get(batch.partition)
            if (!place) return
            if (damaged) {
              const [first, last] = [BigInt(damaged.first), BigInt(damaged.last)]
              if (first < place.end) unreadable.push({ partition: batch.partition, first, last })
            }
            // Each once, also after a crash, and none that came after the beginning.
            const records = (damaged ? batch.messages.slice(0, -1) : batch.messages)
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
            readTo(batch.partition, lastOffset)
          },
        })
        .catch(reject)
    })
  } finally {
    clearTimeout(patience)
    await reader.disconnect().catch(() => {})
    await admin.deleteGroups([groupId]).catch(() => {})
  }
  return { messageIds, earliest, unreadable }
}
