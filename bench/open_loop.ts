/*
 * An open loop: requests are sent at their intended times, independently of responses. Latency counts from the
 * intended time even if a request is sent late, otherwise a stall would hide the waiting that it causes
 * (coordinated omission, https://www.scylladb.com/2021/04/22/on-coordinated-omission/).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sent, Shop } from './shop.ts'

interface Load {
  /** Requests per second, evenly spaced. */
  rate: number
  warmUpSeconds: number
  seconds: number
  /** Called once, after the warm-up. */
  onMeasuring: () => void
}

/**
 * Sends all orders, and returns after the last one; responses may still arrive.
 *
 * @returns the requests, the end time, and the delay of each counted request in milliseconds
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
    sent.push(sendOrder(shop, counted, dueAt(index), sinceEpoch))
  }
  await until(dueAt(all))
  return { sent, lateness, endedAt: Date.now() }
}

/** @param due - the intended time; `sinceEpoch` converts it to milliseconds since 1970 */
export async function sendOrder(
  shop: Shop,
  counted: boolean,
  due: number,
  sinceEpoch: number
): Promise<Sent> {
  const answer = await shop.placeOrder().catch(noAnswer)
  const answeredAt = performance.now() + sinceEpoch
  return { ...answer, counted, intendedAt: due + sinceEpoch, answeredAt }
}

function noAnswer({ code, message }: NodeJS.ErrnoException) {
  return { status: 0, orderId: null, error: code ?? message }
}

/** Does not wait for requests that are already due, as after a stall. */
async function until(moment: number) {
  for (let wait; (wait = moment - performance.now()) > 0;) await sleep(wait)
}

/** The offset from `performance.now()` to milliseconds since 1970. Waits for a tick, because the clock has whole milliseconds. */
export function wallClockOffset(): number {
  const before = Date.now()
  let now = before
  while (now === before) now = Date.now()
  return now - performance.now()
}
