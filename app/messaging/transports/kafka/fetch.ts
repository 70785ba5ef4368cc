/*
 * One record batch that cannot be read must not stop the other partitions. kafkajs 2.2.4 reads the answer
 * to a fetch as a whole, and throws for all of its partitions; it does not verify checksums, and hands over
 * records that are cut off. So the part that reads the batches of one partition is replaced: a batch that
 * cannot be read becomes one record that says so. Where the broker itself cannot read a partition it answers
 * with an error for that partition, at which kafkajs throws for all of them too.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { decompress } from './codecs.ts'
import { privateFile, replacePrivateFile } from './kafkajs_private.ts'
import {
  readRecordBatches,
  unreadableBatch,
  unreadableRecord,
  type BatchRecord,
} from './record_batches.ts'

const DECODE_MESSAGES = 'protocol/requests/fetch/v4/decodeMessages.js'
/** The oldest of the files that take a copy of it. */
const BEFORE = 'protocol/requests/fetch/v4/response.js'

/** Where a batch says its format. */
const FORMAT_AT = 16
/** Formats before the record batches of Kafka 0.11. */
const OLD_FORMATS = [0, 1]

interface Decoder {
  readInt32(): number
  canReadBytes(length: number): boolean
  readBytes(length: number): Buffer
}

const VERSIONS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]

/** Error codes of Kafka. */
const CORRUPT_MESSAGE = 2
/** A disk of the broker has failed, or something unexpected has: it may pass. */
const BROKER_TROUBLE = [-1, 56]

/** Such an answer comes at once: the broker is not asked again without a pause. */
const PAUSE_MS = 500

interface FetchResponse {
  parse(data: Fetched): Promise<Fetched>
}

interface Fetched {
  responses: { partitions: FetchedPartition[] }[]
}

interface FetchedPartition {
  errorCode: number
  messages: BatchRecord[]
}

let replaced = false

/**
 * Makes the kafkajs of this process so, once.
 *
 * @throws Error with a kafkajs that is built in another way
 */
export function tolerateUnreadableBatches() {
  if (replaced) return
  const crc32c = privateFile<(data: Buffer) => number>('protocol/recordBatch/crc32C/index.js')
  replacePrivateFile(
    DECODE_MESSAGES,
    async (decoder: Decoder): Promise<BatchRecord[]> => {
      const size = decoder.readInt32()
      if (size <= FORMAT_AT || !decoder.canReadBytes(size)) return []
      const data = decoder.readBytes(size)
      return OLD_FORMATS.includes(data[FORMAT_AT])
        ? readOldFormat(data)
        : readRecordBatches(data, { decompress, crc32c })
    },
    BEFORE
  )
  for (const version of VERSIONS) {
    const response = privateFile<FetchResponse>(`protocol/requests/fetch/v${version}/response.js`)
    const { parse } = response
    response.parse = async (data) => parse(await withoutPartitionErrors(data))
  }
  replaced = true
}

/** A partition in trouble has no records in this answer; one that is damaged has one that says so. */
async function withoutPartitionErrors(data: Fetched) {
  const partitions = data.responses.flatMap((topic) => topic.partitions)
  for (const partition of partitions.filter((one) => one.errorCode === CORRUPT_MESSAGE)) {
    const reason = 'the broker finds it damaged (CORRUPT_MESSAGE)'
    Object.assign(partition, { errorCode: 0, messages: [unreadableRecord({ last: '-1', reason })] })
  }
  const inTrouble = partitions.filter(({ errorCode }) => BROKER_TROUBLE.includes(errorCode))
  for (const partition of inTrouble) Object.assign(partition, { errorCode: 0, messages: [] })
  if (inTrouble.length > 0) await sleep(PAUSE_MS)
  return data
}

/** Leaves it to kafkajs. */
async function readOldFormat(data: Buffer): Promise<BatchRecord[]> {
  const Decoder = privateFile<new (data: Buffer) => Decoder>('protocol/decoder.js')
  const read = privateFile<(from: Decoder, size: number) => Promise<BatchRecord[]>>(
    'protocol/messageSet/decoder.js'
  )
  try {
    return await read(new Decoder(data), data.length)
  } catch (error) {
    return [unreadableBatch(data, 0, data.length, (error as Error).message)]
  }
}
