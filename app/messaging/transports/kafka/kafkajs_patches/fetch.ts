/*
 * An unreadable record batch must not stop the other partitions of a fetch. kafkajs 2.2.4 decodes a fetch
 * response as a whole and throws for all of its partitions; it also verifies no checksums and passes on
 * truncated records. This patch replaces the decoder of a partition's batches: an unreadable batch becomes
 * one placeholder record with the reason. An error code of the broker for one partition, at which kafkajs
 * also throws for all, is handled per partition as well.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { decompress } from '../compression/codecs.ts'
import { oncePerProcess, patchResponses, privateFile, replacePrivateFile } from './private_files.ts'
import {
  readRecordBatches,
  unreadableBatch,
  unreadableRecord,
  type BatchRecord,
} from './record_batches.ts'

const DECODE_MESSAGES = 'protocol/requests/fetch/v4/decodeMessages.js'
/** The first file that copies the exports of DECODE_MESSAGES. */
const FIRST_USER = 'protocol/requests/fetch/v4/response.js'

/** Position of the format (the magic byte) in a batch. */
const FORMAT_AT = 16
/** Message sets, the formats before Kafka 0.11. */
const OLD_FORMATS = [0, 1]

interface Decoder {
  readInt32(): number
  canReadBytes(length: number): boolean
  readBytes(length: number): Buffer
}

/** Versions of the fetch request that kafkajs knows. */
const VERSIONS = 12

/** Error codes of Kafka: https://kafka.apache.org/protocol#protocol_error_codes. */
const CORRUPT_MESSAGE = 2
/** UNKNOWN_SERVER_ERROR and KAFKA_STORAGE_ERROR, which may be temporary. */
const BROKER_ERRORS = [-1, 56]

/** The broker sends such a response without delay, so the next fetch waits. */
const PAUSE_MS = 500

interface Fetched {
  responses: { partitions: FetchedPartition[] }[]
}

interface FetchedPartition {
  errorCode: number
  messages: BatchRecord[]
}

/** @throws Error with another version of kafkajs */
export const tolerateUnreadableBatches = oncePerProcess(() => {
  const crc32c = privateFile<(data: Buffer) => number>('protocol/recordBatch/crc32C/index.js')
  replacePrivateFile(
    DECODE_MESSAGES,
    async (decoder: Decoder): Promise<BatchRecord[]> => {
      const size = decoder.readInt32()
      if (size <= FORMAT_AT || !decoder.canReadBytes(size)) return []
      const data = decoder.readBytes(size)
      return OLD_FORMATS.includes(data[FORMAT_AT])
        ? readMessageSet(data)
        : readRecordBatches(data, { decompress, crc32c })
    },
    FIRST_USER
  )
  patchResponses('fetch', VERSIONS, withoutPartitionErrors)
})

/** A damaged partition has one placeholder in this response; a partition with a broker error is empty. */
async function withoutPartitionErrors(data: Fetched) {
  const partitions = data.responses.flatMap((topic) => topic.partitions)
  for (const partition of partitions.filter((one) => one.errorCode === CORRUPT_MESSAGE)) {
    const reason = 'the broker reports it as damaged (CORRUPT_MESSAGE)'
    Object.assign(partition, { errorCode: 0, messages: [unreadableRecord({ last: '-1', reason })] })
  }
  const failed = partitions.filter(({ errorCode }) => BROKER_ERRORS.includes(errorCode))
  for (const partition of failed) Object.assign(partition, { errorCode: 0, messages: [] })
  if (failed.length > 0) await sleep(PAUSE_MS)
  return data
}

/** Uses the decoder of kafkajs. */
async function readMessageSet(data: Buffer): Promise<BatchRecord[]> {
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
