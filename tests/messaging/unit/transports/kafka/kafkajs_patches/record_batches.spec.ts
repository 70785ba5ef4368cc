import { createRequire } from 'node:module'
import { test } from '@japa/runner'
import { decompress } from '#messaging/transports/kafka/compression/codecs'
import { unreadableIn } from '#messaging/transports/kafka/group_member'
import { readRecordBatches } from '#messaging/transports/kafka/kafkajs_patches/record_batches'

/** How kafkajs itself writes record batches. */
const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js')
const Record = require('kafkajs/src/protocol/recordBatch/record/v0/index.js')
const crc32c: (data: Buffer) => number = require('kafkajs/src/protocol/recordBatch/crc32C/index.js')

const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const COUNT_AT = 57

test.group('Record batches', () => {
  test('are read as they were written, one after another', async ({ assert }) => {
    const records = await read(Buffer.concat([await batch(0, 'a', 'b'), await batch(2, 'c')]))
    assert.deepEqual(
      records.map(({ offset, key, value, headers }) => [
        offset,
        String(key),
        String(value),
        String(headers.name),
      ]),
      [
        ['0', 'key', 'a', 'header'],
        ['1', 'key', 'b', 'header'],
        ['2', 'key', 'c', 'header'],
      ]
    )
  })

  test('that a fetch has cut off are left for the next fetch', async ({ assert }) => {
    const two = Buffer.concat([await batch(0, 'a', 'b'), await batch(2, 'c')])
    for (const cut of [1, 10, 60]) {
      const records = await read(two.subarray(0, two.length - cut))
      assert.deepEqual(
        records.map(({ offset, unreadable }) => [offset, unreadable]),
        [
          ['0', undefined],
          ['1', undefined],
        ]
      )
    }
  })

  test('with any byte changed are one record that says so, after the batches before it', async ({
    assert,
  }) => {
    const [before, damaged, after] = [await batch(0, 'a'), await batch(1, 'b', 'c'), await batch(3)]
    for (let at = ATTRIBUTES_AT; at < damaged.length; at++) {
      const changed = Buffer.from(damaged)
      changed[at] ^= 0x10
      const records = await read(Buffer.concat([before, changed, after]))
      assert.lengthOf(records, 2)
      assert.containSubset(records[1], {
        unreadable: { last: '2', reason: 'its checksum is wrong' },
      })
    }
  })

  test('of an unknown codec, or damaged before they got their checksum, are not read either', async ({
    assert,
  }) => {
    const good = await batch(5, 'a', 'b')
    const changes: [number, number, RegExp][] = [
      [ATTRIBUTES_AT + 1, 5, /codec is unknown \(5\)/],
      [ATTRIBUTES_AT + 1, 4, /./],
      // The number of records, the length of the first, of its key, and of its headers.
      [60, 1, /follow its last record/],
      [60, 3, /cut off/],
      [61, 2, /./],
      [65, 126, /cut off/],
    ]
    for (const [at, value, reason] of changes) {
      const changed = Buffer.from(good)
      changed[at] = value
      changed.writeUInt32BE(crc32c(changed.subarray(ATTRIBUTES_AT)), CRC_AT)
      const [{ unreadable }] = await read(changed)
      assert.match(unreadable!.reason, reason)
      assert.equal(unreadable!.last, at === 60 && value === 1 ? '5' : '6')
    }
  })

  test('end before what follows them, or at the lower of what they say of their end', async ({
    assert,
  }) => {
    const damaged = await batch(5, 'a', 'b', 'c')
    damaged[damaged.length - 1] ^= 1
    const next = await batch(9, 'd')
    const noise = Buffer.alloc(40, 1)
    const lastOf = async (...parts: Buffer[]) =>
      (await read(Buffer.concat(parts)))[0].unreadable!.last
    assert.equal(await lastOf(damaged, next), '8')
    assert.equal(await lastOf(damaged, next.subarray(0, 17)), '8')
    assert.equal(await lastOf(damaged, next.subarray(0, 16)), '7')
    assert.equal(await lastOf(damaged, noise), '7')
    assert.equal(await lastOf(damaged), '7')
    damaged.writeInt32BE(1_000, LAST_OFFSET_DELTA_AT)
    assert.equal(await lastOf(damaged), '7')
    damaged.writeInt32BE(1_000_000, COUNT_AT)
    damaged.writeInt32BE(1, LAST_OFFSET_DELTA_AT)
    assert.equal(await lastOf(damaged), '6')
  })

  test('that cannot be read are skipped from the offset that is next, and never beyond the end', async ({
    assert,
  }) => {
    const [damaged, next] = [await batch(5, 'a', 'b', 'c'), await batch(900, 'd')]
    damaged[damaged.length - 1] ^= 1
    const fetched = async (fetchedOffset: string, ...parts: Buffer[]) => {
      const messages = await read(Buffer.concat(parts))
      const found = unreadableIn({ messages, fetchedOffset, highWatermark: '20' } as never)
      return [found!.first, found!.last]
    }
    assert.deepEqual(await fetched('5', damaged), ['5', '7'])
    assert.deepEqual(await fetched('6', damaged), ['6', '7'])
    assert.deepEqual(await fetched('8', damaged), ['8', '8'])
    assert.deepEqual(await fetched('5', damaged, next), ['5', '5'])
    assert.deepEqual(await fetched('3', await batch(4, 'z'), damaged), ['5', '7'])
  })

  test('of an unknown format, or with a length that cannot be, are not read', async ({
    assert,
  }) => {
    const format = await batch(0, 'a')
    format[16] = 3
    assert.match((await read(format))[0].unreadable!.reason, /format is 3/)
    const length = await batch(0, 'a')
    length.writeInt32BE(-5, 8)
    assert.match((await read(length))[0].unreadable!.reason, /length is too small/)
  })
})

function read(data: Buffer) {
  return readRecordBatches(data, { decompress, crc32c })
}

async function batch(firstOffset: number, ...values: string[]): Promise<Buffer> {
  const records = values.map((value, offsetDelta) =>
    Record({ offsetDelta, timestampDelta: 1, key: 'key', value, headers: { name: 'header' } })
  )
  const lastOffsetDelta = Math.max(0, values.length - 1)
  const Long = require('kafkajs/src/utils/long')
  const encoded = await RecordBatch({
    ...{ firstOffset: Long.fromInt(firstOffset), lastOffsetDelta, records },
  })
  return encoded.buffer
}
