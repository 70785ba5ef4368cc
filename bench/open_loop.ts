/*
 * An open loop: requests leave at their intended times, whatever the answers do. A request that leaves
 * late counts from its intended time all the same, or a stall would hide the waiting that it causes
 * (coordinated omission, https://www.scylladb.com/2021/04/22/on-coordinated-omission/).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Shop } from './shop.ts'

/** One request. Moments are milliseconds since 1970, with fractions. */
export interface Sent {
  /** False during the warm-up. */
  counted: boolean
  intendedAt: number
  answeredAt: number
  /** 0 without an answer. */
  status: number
  /** What came instead of an accepted order: the problem's code, or why there is no answer; else null. */
  error: string | null
  orderId: string | null
}

interface Load {
  /** Requests a second, evenly spaced. */
  rate: number
  warmUpSeconds: number
  seconds: number
  /** Called once, when the warm-up is over. */
  onMeasuring: () => void
}

/**
 * Sends all orders, and returns when the last one's time is over; their answers may still come.
 *
 * @returns the requests, the moment of the end, and by how many milliseconds each counted one left late
 */
export async function sendOrders(shop: Shop, { rate, warmUpSeconds, seconds, onMeasuring }: Load) {
  const warmUps = warmUpSeconds * rate
  const all = warmUps + seconds * rate
  const sent: Promise<Sent>[] = []
  const lateness: number[] = []
  const begin = performance.now() + 100
  const sinceEpoch = wallClockOffset()
  const dueAt = (index: number) => begin + (index * 1_000) / rate

  for (let index = 0; index < all; index++) {
    if (index === warmUps) onMeasuring()
    await until(dueAt(index))
    const counted = index >= warmUps
    if (counted) lateness.push(performance.now() - dueAt(index))
    sent.push(send(shop, counted, dueAt(index), sinceEpoch))
  }
  await until(dueAt(all))
  return { sent, lateness, endedAt: Date.now() }
}

async function send(shop: Shop, counted: boolean, due: number, sinceEpoch: number): Promise<Sent> {
  const answer = await shop.placeOrder().catch(noAnswer)
  const answeredAt = performance.now() + sinceEpoch
  return { ...answer, counted, intendedAt: due + sinceEpoch, answeredAt }
}

function noAnswer({ code, message }: NodeJS.ErrnoException) {
  return { status: 0, orderId: null, error: code ?? message }
}

/** Several are due at once after a stall: then this does not wait at all. */
async function until(moment: number) {
  for (let wait; (wait = moment - performance.now()) > 0;) await sleep(wait)
}

/** What to add to `performance.now()` for milliseconds since 1970: the clock has whole ones, so we wait for its tick. */
function wallClockOffset(): number {
  const before = Date.now()
  let now = before
  while (now === before) now = Date.now()
  return now - performance.now()
}
