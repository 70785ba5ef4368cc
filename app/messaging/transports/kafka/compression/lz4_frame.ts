/*
 * The LZ4 frame format (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md) as Kafka's clients
 * and brokers use it: with independent blocks. Its checksums are not verified, because the CRC-32C of the
 * record batch covers the same bytes.
 */
import { compress, decompress } from 'lz4-wasm-nodejs'

const MAGIC = 0x184d2204
const UNCOMPRESSED = 0x80000000

/** Bits of the frame's flags. */
const VERSION_MASK = 0xc0
const VERSION_1 = 0x40
const INDEPENDENT_BLOCKS = 0x20
const BLOCK_CHECKSUMS = 0x10
const CONTENT_SIZE = 0x08
const DICTIONARY_ID = 0x01

/** Magic number, flags (version 1, independent blocks), maximum block size (64 KB), header checksum. */
const HEADER = Buffer.from('04224d18604082', 'hex')
const BLOCK_BYTES = 64 * 1024
const END_MARK = Buffer.alloc(4)

const MINIMUM_MATCH = 4
/** A length of 15 in a token continues in the following bytes. */
const CONTINUED = 15

/** @returns one frame */
export function compressLz4(data: Buffer): Buffer {
  const parts: Buffer[] = [HEADER]
  for (let from = 0; from < data.length; from += BLOCK_BYTES) {
    const block = data.subarray(from, from + BLOCK_BYTES)
    // The package prepends the uncompressed length, which a frame does not contain.
    const compressed = compress(block).subarray(4)
    const isSmaller = compressed.length < block.length
    const size = Buffer.alloc(4)
    size.writeUInt32LE(isSmaller ? compressed.length : block.length + UNCOMPRESSED)
    parts.push(size, isSmaller ? Buffer.from(compressed) : block)
  }
  return Buffer.concat([...parts, END_MARK])
}

/**
 * @throws Error for a frame that is damaged, has dependent blocks, or contains more than `maxBytes`
 */
export function decompressLz4(frame: Buffer, maxBytes: number): Buffer {
  let at = headerLength(frame)
  const hasChecksums = (frame[4] & BLOCK_CHECKSUMS) !== 0
  const parts: Buffer[] = []
  for (let total = 0; ;) {
    const size = frame.readUInt32LE(at)
    at += 4
    if (size === 0) return Buffer.concat(parts)
    const isCompressed = size < UNCOMPRESSED
    const length = isCompressed ? size : size - UNCOMPRESSED
    const block = frame.subarray(at, at + length)
    if (block.length < length) throw new Error('the LZ4 frame is cut off')
    at += length + (hasChecksums ? 4 : 0)
    const contentLength = isCompressed ? decompressedLength(block) : length
    total += contentLength
    if (total > maxBytes) throw new Error(`the LZ4 frame contains more than ${maxBytes} bytes`)
    parts.push(isCompressed ? decompressBlock(block, contentLength) : block)
  }
}

function headerLength(frame: Buffer): number {
  if (frame.length < HEADER.length || frame.readUInt32LE(0) !== MAGIC) {
    throw new Error('not an LZ4 frame')
  }
  const flags = frame[4]
  if ((flags & VERSION_MASK) !== VERSION_1) throw new Error('unknown version of the LZ4 frame')
  // Kafka's own clients and brokers reject them too.
  if ((flags & INDEPENDENT_BLOCKS) === 0) throw new Error('the LZ4 frame has dependent blocks')
  return HEADER.length + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY_ID ? 4 : 0)
}

function decompressBlock(block: Buffer, contentLength: number): Buffer {
  const prefixed = Buffer.alloc(4 + block.length)
  prefixed.writeUInt32LE(contentLength)
  block.copy(prefixed, 4)
  try {
    return Buffer.from(decompress(prefixed))
  } catch (error) {
    // The package throws strings.
    throw new Error(`damaged LZ4 block: ${String(error)}`, { cause: error })
  }
}

/** The total length of all literals and matches, which the package needs beforehand. */
function decompressedLength(block: Buffer): number {
  let at = 0
  let total = 0
  const length = (start: number) => {
    if (start < CONTINUED) return start
    for (let sum = start; ;) {
      const more = block.readUInt8(at++)
      sum += more
      if (more < 255) return sum
    }
  }
  while (at < block.length) {
    const token = block[at++]
    const literals = length(token >> 4)
    total += literals
    at += literals
    // The last sequence has no match.
    if (at >= block.length) break
    at += 2
    total += length(token & 0x0f) + MINIMUM_MATCH
  }
  return total
}
