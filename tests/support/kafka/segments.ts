/*
 * Damages the segment files of a partition, as a faulty disk would.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const crc32c: (data: Buffer) => number = createRequire(import.meta.url)(
  'kafkajs/src/protocol/recordBatch/crc32C/index.js'
)

const LENGTH_AT = 8
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const RECORDS_AT = 61

/** Ways to make a batch unreadable. All but the first two keep a correct checksum. */
export const damages = {
  checksum: (batch: Buffer) => void (batch[batch.length - 1] ^= 0xff),
  // The broker detects this itself and returns an error.
  length: (batch: Buffer) => void batch.writeInt32BE(5, LENGTH_AT),
  codec: (batch: Buffer) => {
    batch[ATTRIBUTES_AT + 1] |= 5
    correct(batch)
  },
  payload: (batch: Buffer) => {
    batch.fill(0xff, RECORDS_AT)
    correct(batch)
  },
  record: (batch: Buffer) => {
    // A record whose length exceeds the batch.
    batch[RECORDS_AT] = 0xfe
    correct(batch)
  },
} satisfies Record<string, (batch: Buffer) => void>

/**
 * Changes the batch with an offset on the disk of a running broker.
 *
 * @param dir - the broker's folder
 * @returns restores the file
 */
export async function damageBatch(
  dir: string,
  of: { topic: string; partition: number; offset: number },
  damage: (batch: Buffer) => void
): Promise<() => Promise<void>> {
  const folder = join(dir, '1', 'data', `${of.topic}-${of.partition}`)
  const file = join(folder, '00000000000000000000.log')
  const before = await readFile(file)
  const after = Buffer.from(before)
  damage(batchIn(after, of.offset))
  // Without truncation, because the running broker must not find the file empty.
  await writeFile(file, after, { flag: 'r+' })
  return () => writeFile(file, before, { flag: 'r+' })
}

function batchIn(segment: Buffer, offset: number): Buffer {
  for (let at = 0; at < segment.length;) {
    const end = at + 12 + segment.readInt32BE(at + 8)
    const last = segment.readBigInt64BE(at) + BigInt(segment.readInt32BE(at + 23))
    if (last >= BigInt(offset)) return segment.subarray(at, end)
    at = end
  }
  throw new Error(`the segment has no offset ${offset}`)
}

function correct(batch: Buffer) {
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), CRC_AT)
}
