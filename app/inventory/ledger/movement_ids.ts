/*
 * Movement ids. Ids of one SKU ascend in the order in which its balance was locked, even when the
 * clocks of the processes differ. Queries rely on this to decide which movement came later.
 */
import { randomInt } from 'node:crypto'
import { UUID, uuidv7 } from 'uuidv7'

/** The library's counter: 12 bits in rand_a and the upper 30 bits of rand_b. */
const COUNTER_LOW = 2 ** 30
const COUNTER_END = 2 ** 42

/**
 * Returns a new UUIDv7 that is greater than the SKU's last movement id. Its time is that of this
 * process, unless this clock is behind.
 *
 * @param last - the SKU's newest movement id, read under the SKU's lock; null before the first one
 */
export function movementIdAfter(last: string | null): string {
  const id = uuidv7()
  return last === null || id > last ? id : following(last)
}

/** Increments the counter and keeps the time, so that ids do not drift ahead of the faster clock. */
function following(last: string): string {
  const bytes = Buffer.from(UUID.parse(last).bytes)
  const time = bytes.readUIntBE(0, 6)
  const counter =
    (bytes.readUInt16BE(6) & 0xfff) * COUNTER_LOW + (bytes.readUInt32BE(8) & 0x3fffffff) + 1
  const [at, count] = counter < COUNTER_END ? [time, counter] : [time + 1, 0]
  const random = randomInt(2 ** 32)
  return UUID.fromFieldsV7(
    at,
    Math.floor(count / COUNTER_LOW),
    count % COUNTER_LOW,
    random
  ).toString()
}
