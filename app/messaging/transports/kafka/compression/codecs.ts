/*
 * The codecs of Kafka's record batches; kafkajs includes only gzip. Decompression is limited, so that a small
 * batch cannot exhaust the memory.
 */
import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import type { CompressionCodecs } from 'kafkajs'
import { compressLz4, decompressLz4 } from './lz4_frame.ts'
import { compressSnappy, decompressSnappy } from './xerial_snappy.ts'

/** Maximum size of a decompressed batch. Compressed, brokers accept 1 MB by default. */
const MAX_BYTES = 64 * 1024 * 1024

interface Codec {
  compress(data: Buffer): Buffer | Promise<Buffer>
  /** @throws Error for damaged data, and for more than `maxBytes` of content */
  decompress(data: Buffer, maxBytes: number): Buffer | Promise<Buffer>
}

/** By the codec's number in a record batch. */
const codecs: Record<1 | 2 | 3 | 4, Codec> = {
  1: {
    compress: promisify(gzip),
    decompress: (data, maxBytes) => promisify(gunzip)(data, { maxOutputLength: maxBytes }),
  },
  2: { compress: compressSnappy, decompress: decompressSnappy },
  3: { compress: compressLz4, decompress: decompressLz4 },
  4: {
    compress: promisify(zstdCompress),
    decompress: (data, maxBytes) => promisify(zstdDecompress)(data, { maxOutputLength: maxBytes }),
  },
}

/** Adds the codecs to the registry of kafkajs. */
export function registerCodecs(registry: typeof CompressionCodecs) {
  for (const number of [1, 2, 3, 4] as const) {
    // kafkajs passes its encoder to `compress`, but a buffer to `decompress`.
    const codec = {
      compress: async ({ buffer }: { buffer: Buffer }) => codecs[number].compress(buffer),
      decompress: (data: Buffer) => decompress(number, data),
    }
    registry[number] = () => codec
  }
}

/** Decompresses the records of a batch. @throws Error for an unknown codec, and for damaged or too large data */
export async function decompress(
  codec: number,
  data: Buffer,
  maxBytes = MAX_BYTES
): Promise<Buffer> {
  if (!(codec in codecs)) throw new Error(`its codec is unknown (${codec})`)
  return codecs[codec as keyof typeof codecs].decompress(data, maxBytes)
}
