import type { KafkaConnections } from './connections.ts'
import { toRecord, unreadableIn } from './group_member.ts'
import { withLastStableOffsets } from './kafkajs_patches/list_offsets.ts'
import { MessageIds } from '../message_ids.ts'
import { TransportUnavailable, type ContentsOptions, type TopicContents } from '../transport.ts'

/** Reading ends after this long without a batch; kafkajs has no such limit. */
const SILENT_MS = 60_000

/**
 * Reads a topic from its beginning to its current end, in a temporary consumer group.
 *
 * @throws TransportUnavailable when the broker sends nothing for a minute
 */
export async function readContents(
  connections: KafkaConnections,
  topic: string,
  { seen = async () => {}, committedOnly = false }: ContentsOptions = {}
): Promise<TopicContents> {
  const kafka = await connections.client()
  const admin = await connections.admin.open()
  const fetchOffsets = () => admin.fetchTopicOffsets(topic)
  const offsets = await (committedOnly ? withLastStableOffsets(fetchOffsets) : fetchOffsets())
  const messageIds = new MessageIds()
  const unreadable: TopicContents['unreadable'] = []
  const earliest = new Map(offsets.map(({ partition, low }) => [partition, BigInt(low)]))
  const unread = new Map(
    offsets
      .map(({ partition, low, high }) => ({ partition, next: BigInt(low), end: BigInt(high) }))
      .filter(({ next, end }) => end > next)
      .map((range) => [range.partition, range])
  )
  if (unread.size === 0) return { messageIds, earliest, unreadable }

  const groupId = `${topic}-verify-${process.pid}-${Date.now()}`
  let silence: NodeJS.Timeout | undefined
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
      silence = setTimeout(silent, SILENT_MS)
      const readThrough = (partition: number, lastOffset: string) => {
        const range = unread.get(partition)
        if (!range) return
        range.next = BigInt(lastOffset) + 1n
        if (range.next >= range.end) unread.delete(partition)
        if (unread.size === 0) resolve()
      }
      // kafkajs hides transaction markers, and does not call `eachBatch` for a batch that has only markers.
      reader.on(reader.events.END_BATCH_PROCESS, ({ payload }) => {
        if (payload.batchSize === 0) readThrough(payload.partition, payload.lastOffset)
      })
      // kafkajs restarts after some crashes, for example while the coordinator of a new group loads.
      reader.on(reader.events.CRASH, ({ payload: { error, restart } }) => {
        if (!restart) reject(error)
      })
      reader
        .run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          eachBatch: async ({ batch, resolveOffset }) => {
            silence?.refresh()
            const damaged = unreadableIn(batch)
            const lastOffset = damaged?.last ?? batch.lastOffset()
            resolveOffset(lastOffset)
            const range = unread.get(batch.partition)
            if (!range) return
            if (damaged) {
              const [first, last] = [BigInt(damaged.first), BigInt(damaged.last)]
              if (first < range.end) unreadable.push({ partition: batch.partition, first, last })
            }
            // Each record counts once, even after a restart, and later ones not at all.
            const records = (damaged ? batch.messages.slice(0, -1) : batch.messages)
              .filter(({ offset }) => BigInt(offset) >= range.next && BigInt(offset) < range.end)
              .map(toRecord)
            for (const { headers } of records) messageIds.add(headers.ce_id ?? '')
            try {
              await seen(records)
            } catch (error) {
              // Thrown from here, it would make kafkajs restart.
              return reject(error)
            }
            silence?.refresh()
            readThrough(batch.partition, lastOffset)
          },
        })
        .catch(reject)
    })
  } finally {
    clearTimeout(silence)
    await reader.disconnect().catch(() => {})
    await admin.deleteGroups([groupId]).catch(() => {})
  }
  return { messageIds, earliest, unreadable }
}
