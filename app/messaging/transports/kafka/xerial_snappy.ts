/*
 * Snappy as Kafka's clients write it. Java clients and brokers put blocks of raw Snappy into a framing of
 * their own (snappy-java, "xerial"); librdkafka writes one raw block. Both are read by all of them.
 */
import { snappyCompress, snappyUncompressor } from 'hysnappy'

const MAGIC = Buffer.from('82534e4150505900', 'hex')
/** Then a version and the oldest version that can read it, both 1. */
const HEADER = Buffer.concat([MAGIC, Buffer.from('0000000100000001', 'hex')])
/** As snappy-java does by default. */
const BLOCK_BYTES = 32 * 1024

let uncompress = snappyUncompressor()

/** @returns blocks in the framing of snappy-java */
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

/**
 * @param most - bytes that the content may have
 * @throws Error for data that is damaged or too large
 */
export function decompressSnappy(data: Buffer, most: number): Buffer {
  if (!data.subarray(0, MAGIC.length).equals(MAGIC)) return decompressBlock(data, most)
  const parts: Buffer[] = []
  let left = most
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

function decompressBlock(block: Buffer, most: number): Buffer {
  const length = decompressedLength(block)
  if (length > most) throw new Error(`the Snappy data holds more than ${most} bytes`)
  try {
    return Buffer.from(uncompress(block, length))
  } catch (error) {
    // What has run into the end of its memory is not used again.
    uncompress = snappyUncompressor()
    throw new Error(`a damaged Snappy block: ${(error as Error).message}`, { cause: error })
  }
}

/** A block begins with it, seven bits a byte, the lowest first. */
function decompressedLength(block: Buffer): number {
  let length = 0
  for (let place = 0; place < 5; place++) {
    const byte = block.readUInt8(place)
    length += (byte & 0x7f) * 2 ** (7 * place)
    if (byte < 0x80) return length
  }
  throw new Error('a damaged Snappy block: its length has no end')
}
