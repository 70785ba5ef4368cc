/*
 * A strict decoder of record batches, format 2 (https://kafka.apache.org/documentation/#recordbatch). A batch
 * with a wrong checksum, an unknown codec or damaged records yields no records, but one placeholder.
 */

/** Bytes of the base offset and the length; the length does not count them. */
const PREFIX_BYTES = 12
/** Bytes before the first record. */
const HEADER_BYTES = 61
/** Position of the format (the magic byte). */
const FORMAT_AT = 16
const FORMAT = 2
/** kafkajs drops records before the requested offset; it never drops this one. */
const MAX_OFFSET = String(2n ** 63n - 1n)

const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** A record as kafkajs represents it. */
export interface BatchRecord {
  magicByte: number
  attributes: number
  timestamp: string
  offset: string
  key: Buffer | null
  value: Buffer | null
  headers: Record<string, Buffer | Buffer[]>
  isControlRecord: boolean
  batchContext: { producerId: string; inTransaction: boolean }
  /** Set on the placeholder for an unreadable batch, whose other fields are empty. */
  unreadable?: Unreadable
}

export interface Unreadable {
  /** The likely last offset of the batch; too high only if the header is damaged. */
  last: string
  reason: string
}

export interface BatchTools {
  /** @throws Error for damaged data */
  decompress(codec: number, data: Buffer): Promise<Buffer>
  crc32c(data: Buffer): number
}

/**
 * Reads batches in order, up to one that is truncated by the size of the fetch, or unreadable. An unreadable
 * batch becomes a placeholder, which is always the last record.
 */
export async function readRecordBatches(data: Buffer, tools: BatchTools): Promise<BatchRecord[]> {
  const records: BatchRecord[] = []
  for (let at = 0; at + PREFIX_BYTES <= data.length;) {
    const end = at + PREFIX_BYTES + data.readInt32BE(at + 8)
    if (end > data.length) break
    try {
      if (end < at + HEADER_BYTES) throw new Error('its length is too small')
      for (const record of await readBatch(data.subarray(at, end), tools)) records.push(record)
    } catch (error) {
      records.push(unreadableBatch(data, at, end, (error as Error).message))
      break
    }
    at = end
  }
  return records
}

/** The placeholder for the batch from `at` to `end`. */
export function unreadableBatch(
  data: Buffer,
  at: number,
  end: number,
  reason: string
): BatchRecord {
  return unreadableRecord({ last: String(lastOffset(data, at, end)), reason })
}

/** The placeholder for unreadable data at the requested offset. */
export function unreadableRecord(unreadable: Unreadable): BatchRecord {
  return {
    magicByte: FORMAT,
    attributes: 0,
    timestamp: '0',
    offset: MAX_OFFSET,
    key: null,
    value: null,
    headers: {},
    isControlRecord: false,
    // A damaged batch may name an aborted transaction, whose records kafkajs drops.
    batchContext: { producerId: '-1', inTransaction: false },
    unreadable,
  }
}

/**
 * Derived from the start of the next batch, otherwise from the batch's own header, which may be damaged. An
 * operator may skip everything up to here, so the lower candidate wins.
 */
function lastOffset(data: Buffer, at: number, end: number): bigint {
  const first = data.readBigInt64BE(at)
  const isFollowed = end > at && data[end + FORMAT_AT] === FORMAT
  const next = isFollowed ? data.readBigInt64BE(end) : first
  if (next > first) return next - 1n
  if (data[at + FORMAT_AT] !== FORMAT || at + HEADER_BYTES > data.length) return first
  const records = Math.min(data.readInt32BE(at + 23) + 1, data.readInt32BE(at + 57))
  return first + BigInt(Math.max(0, records - 1))
}

async function readBatch(batch: Buffer, tools: BatchTools): Promise<BatchRecord[]> {
  if (batch[FORMAT_AT] !== FORMAT)
    throw new Error(`its format is ${batch[FORMAT_AT]}, not ${FORMAT}`)
  if (tools.crc32c(batch.subarray(21)) !== batch.readUInt32BE(17)) {
    throw new Error('its checksum is wrong')
  }
  const attributes = batch.readInt16BE(21)
  const count = batch.readInt32BE(57)
  const payload = batch.subarray(HEADER_BYTES)
  const codec = attributes & CODEC_MASK
  const isCompressed = codec !== 0 && count > 0
  const reader = new Reader(isCompressed ? await tools.decompress(codec, payload) : payload)
  const readRecord = recordReader(batch, attributes)
  const records: BatchRecord[] = []
  for (let index = 0; index < count; index++) records.push(readRecord(reader))
  if (!reader.isAtEnd) throw new Error('bytes follow its last record')
  return records
}

/** @returns a function that reads the next record of the batch */
function recordReader(batch: Buffer, attributes: number) {
  const baseOffset = batch.readBigInt64BE(0)
  const firstTimestamp = batch.readBigInt64BE(27)
  const appendTime = attributes & LOG_APPEND_TIME ? batch.readBigInt64BE(35) : null
  const isControlRecord = (attributes & CONTROL) !== 0
  const batchContext = {
    producerId: String(batch.readBigInt64BE(43)),
    inTransaction: (attributes & TRANSACTIONAL) !== 0,
  }
  return (records: Reader): BatchRecord => {
    const record = new Reader(records.bytes(records.varint()))
    const recordAttributes = record.bytes(1)[0]
    const timestamp = appendTime ?? firstTimestamp + record.varlong()
    if (appendTime !== null) record.varlong()
    const read = {
      ...{ magicByte: FORMAT, attributes: recordAttributes, timestamp: String(timestamp) },
      offset: String(baseOffset + BigInt(record.varint())),
      key: record.nullableBytes(),
      value: record.nullableBytes(),
      headers: headersOf(record),
      ...{ isControlRecord, batchContext },
    }
    if (!record.isAtEnd) throw new Error('a record is longer than its fields')
    return read
  }
}

/** Headers with the same name become an array. */
function headersOf(record: Reader): BatchRecord['headers'] {
  const headers = new Map<string, Buffer | Buffer[]>()
  for (let left = record.varint(); left > 0; left--) {
    const name = record.bytes(record.varint()).toString('utf8')
    const value = record.nullableBytes() as Buffer
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : [before, value].flat())
  }
  return Object.fromEntries(headers)
}

/** Reads the numbers and byte strings of a record in order. Throws at the end of the data. */
class Reader {
  readonly #data: Buffer
  #at = 0

  constructor(data: Buffer) {
    this.#data = data
  }

  get isAtEnd() {
    return this.#at === this.#data.length
  }

  bytes(length: number): Buffer {
    const end = this.#at + length
    if (length < 0 || end > this.#data.length) throw new Error('a record is cut off')
    const bytes = this.#data.subarray(this.#at, end)
    this.#at = end
    return bytes
  }

  nullableBytes(): Buffer | null {
    const length = this.varint()
    return length === -1 ? null : this.bytes(length)
  }

  /** Zigzag encoded, seven bits per byte, lowest first. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new Error('a number in a record is too long')
  }

  varlong(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return (value >> 1n) ^ -(value & 1n)
    }
    throw new Error('a number in a record is too long')
  }

  #byte(): number {
    if (this.#at >= this.#data.length) throw new Error('a record is cut off')
    return this.#data[this.#at++]
  }
}
