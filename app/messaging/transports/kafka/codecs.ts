/*
 * The codecs of Kafka's record batches. kafkajs brings gzip alone; zstd is in Node. None may unpack a
 * small batch into more memory than the process has.
 */
import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import type { CompressionCodecs } from 'kafkajs'
import { compressLz4, decompressLz4 } from './lz4_frame.ts'
import { compressSnappy, decompressSnappy } from './xerial_snappy.ts'

/** Of a batch, unpacked: brokers take 1 MB packed unless told otherwise. */
const MOST_BYTES = 64 * 1024 * 1024

interface Codec {
  compress(data: Buffer): Promise<Buffer>
  /** @throws Error for data that is damaged, or holds more than `most` bytes */
  decompress(data: Buffer, most: number): Promise<Buffer>
}

/** By the number that a record batch names them with. */
const codecs: Record<1 | 2 | 3 | 4, Codec> = {
  1: {
    compress: promisify(gzip),
    decompress: (data, most) => promisify(gunzip)(data, { maxOutputLength: most }),
  },
  2: {
    compress: async (data) => compressSnappy(data),
    decompress: async (data, most) => decompressSnappy(data, most),
  },
  3: {
    compress: async (data) => compressLz4(data),
    decompress: async (data, most) => decompressLz4(data, most),
  },
  4: {
    compress: promisify(zstdCompress),
    decompress: (data, most) => promisify(zstdDecompress)(data, { maxOutputLength: most }),
  },
}

/** Makes the kafkajs of this process read and write all codecs. @param registry - that of kafkajs */
export function registerCodecs(registry: typeof CompressionCodecs) {
  for (const number of [1, 2, 3, 4] as const) {
    // kafkajs hands its encoder over to be packed, and a plain buffer to be unpacked.
    const codec = {
      compress: ({ buffer }: { buffer: Buffer }) => codecs[number].compress(buffer),
      decompress: (data: Buffer) => decompress(number, data),
    }
    registry[number] = () => codec
  }
}

/** Unpacks the records of a batch. @throws Error for an unknown codec, and for damaged or too large data */
export async function decompress(codec: number, data: Buffer, most = MOST_BYTES): Promise<Buffer> {
  if (!(codec in codecs)) throw new Error(`its codec is unknown (${codec})`)
  return codecs[codec as keyof typeof codecs].decompress(data, most)
}
