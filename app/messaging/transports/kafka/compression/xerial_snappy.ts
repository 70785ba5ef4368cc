/*
 * Snappy as Kafka's clients use it. Java clients and brokers frame blocks of raw Snappy (snappy-java,
 * "xerial"); librdkafka writes one raw block. All of them read both.
 */
import { snappyCompress, snappyUncompressor } from 'hysnappy'

const MAGIC = Buffer.from('82534e4150505900', 'hex')
/** Magic number, version and minimum compatible version, both 1. */
const HEADER = Buffer.concat([MAGIC, Buffer.from('0000000100000001', 'hex')])
/** The default of snappy-java. */
const BLOCK_BYTES = 32 * 1024

let uncompress = snappyUncompressor()

/** @returns data in the format of snappy-java */
export function compressSnappy(data: Buffer): Buffer {
  const parts: Buffer[] = [HEADER]
  for (let from = 0; from < data.length; from += BLOCK_BYTES) {
    const block = Buffer.from(snappyCompress(data.subarray(from, from + BLOCK_BYTES)))
    const size = Buffer.alloc(4)
    size.writeUInt32BE(block.length)
    parts.push(size, block)
  }
  return Buffer.concat(parts)
}

/** @throws Error for data that is damaged or contains more than `maxBytes` */
export function decompressSnappy(data: Buffer, maxBytes: number): Buffer {
  if (!data.subarray(0, MAGIC.length).equals(MAGIC)) return decompressBlock(data, maxBytes)
  const parts: Buffer[] = []
  let left = maxBytes
  for (let at = HEADER.length; at < data.length;) {
    const size = data.readUInt32BE(at)
    at += 4
    if (at + size > data.length) throw new Error('the Snappy data is cut off')
    const part = decompressBlock(data.subarray(at, at + size), left)
    at += size
    left -= part.length
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function decompressBlock(block: Buffer, maxBytes: number): Buffer {
  const length = decompressedLength(block)
  if (length > maxBytes) throw new Error(`the Snappy data contains more than ${maxBytes} bytes`)
  try {
    return Buffer.from(uncompress(block, length))
  } catch (error) {
    // After an out-of-bounds access the WebAssembly instance is not reused.
    uncompress = snappyUncompressor()
    throw new Error(`damaged Snappy block: ${(error as Error).message}`, { cause: error })
  }
}

/** The first field of a block: seven bits per byte, lowest first. */
function decompressedLength(block: Buffer): number {
  let length = 0
  for (let index = 0; index < 5; index++) {
    const byte = block.readUInt8(index)
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return length
  }
  throw new Error('damaged Snappy block: its length is too long')
}
