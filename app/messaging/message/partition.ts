/*
 * Assigns keys to partitions with murmur2, as Kafka's own clients do
 * (org.apache.kafka.common.utils.Utils.murmur2), so that other producers and consumers agree.
 */

/** The non-negative 31-bit hash of a key; a key's partition is this modulo the partition count. */
export function keyHash(key: string): number {
  const data = Buffer.from(key)
  const m = 0x5bd1e995
  let h = 0x9747b28c ^ data.length
  const whole = data.length & ~3
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(data.readInt32LE(i), m)
    k ^= k >>> 24
    h = Math.imul(h, m) ^ Math.imul(k, m)
  }
  const rest = data.length - whole
  if (rest === 3) h ^= data[whole + 2] << 16
  if (rest >= 2) h ^= data[whole + 1] << 8
  if (rest >= 1) h = Math.imul(h ^ data[whole], m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  h ^= h >>> 15
  return h & 0x7fffffff
}
