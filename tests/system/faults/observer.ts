/*
 * Reads the topics with a client of its own and compares them with the outbox: all committed messages are
 * there and no others, each key in one partition, first occurrences in commit order. Repeats are allowed.
 */
import type { Shop, Module } from './shop.ts'

export interface Seen {
  /** Number of records in the topics. */
  records: number
  /** Records that repeat an earlier one. */
  repeats: number
  /** Violations, in words. */
  findings: string[]
}

interface SeenRecord {
  partition: number
  messageId: string
  key: string
}

interface Committed {
  message_id: string
  key: string
  key_hash: number
}

export async function observe(shop: Shop): Promise<Seen> {
  const seen: Seen = { records: 0, repeats: 0, findings: [] }
  for (const module of ['orders', 'inventory'] as const) {
    const { records, partitions } = await readTopic(shop, module)
    const committed = await shop.query<Committed>(
      `select message_id, key, key_hash from ${module}.outbox order by id`
    )
    const firsts = firstOccurrences(records)
    seen.records += records.length
    seen.repeats += records.length - firsts.length
    seen.findings.push(
      ...compare(module, firsts, committed),
      ...misplaced(module, records, committed, partitions)
    )
  }
  return seen
}

/** All records of the topic up to its current end, each partition in order. */
async function readTopic(shop: Shop, module: Module) {
  const client = shop.testBed.kafkaClient()
  const admin = client.admin()
  const topic = shop.topic(module)
  const records: SeenRecord[] = []
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  const ends = new Map(
    offsets
      .filter(({ high }) => high !== '0')
      .map(({ partition, high }) => [partition, BigInt(high)])
  )
  const groupId = `${topic}-observer-${Date.now()}`
  const reader = client.consumer({ groupId, allowAutoTopicCreation: false })
  try {
    await reader.connect()
    await reader.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      reader.on(reader.events.CRASH, ({ payload: { error, restart } }) => {
        if (!restart) reject(error)
      })
      reader
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            for (const { headers, key } of batch.messages) {
              const messageId = String(headers?.ce_id)
              records.push({ partition: batch.partition, messageId, key: String(key) })
            }
            const end = ends.get(batch.partition) ?? 0n
            if (BigInt(batch.lastOffset()) + 1n >= end) ends.delete(batch.partition)
            if (ends.size === 0) resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    await reader.disconnect()
    await admin.disconnect()
  }
  return { records, partitions: offsets.length }
}

function firstOccurrences(records: SeenRecord[]) {
  const known = new Set<string>()
  return records.filter(({ messageId }) => !known.has(messageId) && known.add(messageId))
}

function compare(module: Module, firsts: SeenRecord[], committed: Committed[]): string[] {
  const findings: string[] = []
  const expected = idsOfKeys(committed.map(({ key, message_id: id }) => ({ key, id })))
  const found = idsOfKeys(firsts.map(({ key, messageId: id }) => ({ key, id })))
  for (const [key, ids] of expected) {
    const there = found.get(key) ?? []
    const missing = ids.filter((id) => !there.includes(id))
    if (missing.length > 0)
      findings.push(`${module}: ${missing.length} of ${key} are not in the topic`)
    else if (there.join() !== ids.join()) findings.push(`${module}: ${key} is out of order`)
  }
  for (const key of found.keys()) {
    if (!expected.has(key))
      findings.push(`${module}: ${key} is in the topic but was never committed`)
  }
  return findings
}

function idsOfKeys(messages: { key: string; id: string }[]) {
  const keys = new Map<string, string[]>()
  for (const { key, id } of messages) {
    const ids = keys.get(key)
    if (!ids) keys.set(key, [id])
    // A replay is a further row with the same id.
    else if (!ids.includes(id)) ids.push(id)
  }
  return keys
}

function misplaced(
  module: Module,
  records: SeenRecord[],
  committed: Committed[],
  partitions: number
): string[] {
  const home = new Map(committed.map(({ key, key_hash: hash }) => [key, hash % partitions]))
  const away = records.filter(({ key, partition }) => home.has(key) && home.get(key) !== partition)
  return away.map(
    ({ key, partition }) => `${module}: ${key} is in the wrong partition, ${partition}`
  )
}
