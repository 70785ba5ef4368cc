import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { test } from '@japa/runner'
import { compressLz4, decompressLz4 } from '#messaging/transports/kafka/compression/lz4_frame'
import {
  compressSnappy,
  decompressSnappy,
} from '#messaging/transports/kafka/compression/xerial_snappy'
import { decompress } from '#messaging/transports/kafka/compression/codecs'

const MOST = 1_000_000

const samples = {
  'nothing': Buffer.alloc(0),
  'a byte': Buffer.from('a'),
  'a repetition': Buffer.alloc(500_000, 'abc'),
  'noise': randomBytes(200_000),
  'text': Buffer.from(JSON.stringify(Array.from({ length: 3_000 }, (_, id) => ({ id, id2: id })))),
}

const packers = [
  { codec: 'snappy', number: 2, pack: compressSnappy, unpack: decompressSnappy },
  { codec: 'lz4', number: 3, pack: compressLz4, unpack: decompressLz4 },
]

test.group('The codecs of record batches', () => {
  for (const { codec, unpack, pack } of packers) {
    test(`${codec} gives back what was packed`, async ({ assert }) => {
      for (const [name, sample] of Object.entries(samples)) {
        assert.isTrue(unpack(pack(sample), MOST).equals(sample), name)
      }
    })

    test(`${codec} refuses data that is damaged, and reads the next as before`, async ({
      assert,
    }) => {
      const packed = pack(samples.text)
      assert.throws(() => unpack(packed.subarray(0, packed.length / 2), MOST))
      assert.throws(() => unpack(randomBytes(300), MOST))
      for (let at = 20; at < 120; at++) {
        const damaged = Buffer.from(packed)
        damaged[at] ^= 0xff
        try {
          unpack(damaged, MOST)
        } catch (error) {
          assert.instanceOf(error, Error)
        }
      }
      assert.isTrue(unpack(packed, MOST).equals(samples.text))
    })
  }

  test('snappy reads the raw blocks of librdkafka too', ({ assert }) => {
    // One literal of five bytes.
    const raw = Buffer.concat([Buffer.from([5, 4 << 2]), Buffer.from('hello')])
    assert.equal(decompressSnappy(raw, MOST).toString(), 'hello')
  })

  test('none unpacks a small batch into more than is allowed', async ({ assert }) => {
    const large = Buffer.alloc(MOST + 1)
    const bombs = new Map([
      [1, gzipSync(large)],
      [2, compressSnappy(large)],
      [3, compressLz4(large)],
      [4, zstdCompressSync(large)],
    ])
    for (const [number, bomb] of bombs) {
      await assert.rejects(() => decompress(number, bomb, MOST), /more than|larger than/)
    }
  })

  test('an unknown codec is an error that names it', async ({ assert }) => {
    await assert.rejects(() => decompress(5, Buffer.from('x')), 'its codec is unknown (5)')
  })
})
