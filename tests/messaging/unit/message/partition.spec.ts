import { createRequire } from 'node:module'
import { randomBytes } from 'node:crypto'
import { test } from '@japa/runner'
import { keyHash } from '#messaging/message/partition'

const load = createRequire(import.meta.url)
const kafkajsHash: (key: string) => number = load(
  'kafkajs/src/producer/partitioners/default/murmur2'
)
const createPartitioner: () => (record: object) => number = load(
  'kafkajs/src/producer/partitioners/default'
)

/** From Kafka's own tests (org.apache.kafka.common.utils.UtilsTest, testMurmur2). */
const KNOWN: [key: string, hash: number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

test.group('A key’s hash', () => {
  test('is the one that Kafka’s own clients compute', ({ assert }) => {
    for (const [key, hash] of KNOWN) assert.equal(keyHash(key), hash & 0x7fffffff, key)
  })

  test('is the one that kafkajs computes, for any text of any length', ({ assert }) => {
    const alphabet = ['a', 'Z', '7', '-', 'é', 'ß', '€', '漢', '🫖', '\0']
    for (let n = 0; n < 2_000; n++) {
      const key = [...randomBytes(n % 41)].map((byte) => alphabet[byte % alphabet.length]).join('')
      assert.equal(keyHash(key), kafkajsHash(key) & 0x7fffffff, JSON.stringify(key))
    }
  })

  test('leads to the partition that kafkajs chooses', ({ assert }) => {
    const partition = createPartitioner()
    for (const count of [1, 3, 6, 50]) {
      const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
        partitionId,
        leader: 0,
      }))
      for (const [key] of KNOWN) {
        const chosen = partition({ topic: 'orders', partitionMetadata, message: { key } })
        assert.equal(keyHash(key) % count, chosen)
      }
    }
  })
})
