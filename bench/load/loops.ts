/*
 * Two loads. In an open loop, requests are sent at their intended times, independently of responses. Latency counts
 * from the intended time even if a request is sent late, otherwise a stall would hide the waiting that it causes
 * (coordinated omission, https://www.scylladb.com/2021/04/22/on-coordinated-omission/). In a closed loop, each
 * connection sends the next request when it has the response to the one before: it shows what the app can accept.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sender, Sent } from './sent.ts'

export interface Load {
  warmUpSeconds: number
  seconds: number
  /** Requests per second, evenly spaced; without effect in a closed loop. */
  rate: number
  /** Connections of a closed loop; null for an open loop. */
  connections: number | null
}

interface Watched {
  /** Called once, after the warm-up. */
  onMeasuring: () => void
}

type OpenLoop = Omit<Load, 'connections'> & Watched
type ClosedLoop = Omit<Load, 'rate' | 'connections'> & { connections: number } & Watched

/**
 * The open loop. Sends all orders, and returns after the last one; responses may still arrive.
 *
 * @returns the requests, the end time, and the delay of each counted request in milliseconds
 */
export async function sendOrders(
  sender: Sender,
  { rate, warmUpSeconds, seconds, onMeasuring }: OpenLoop
) {
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
    sent.push(sendOrder(sender, counted, dueAt(index), sinceEpoch))
  }
  await until(dueAt(all))
  return { sent, lateness, endedAt: Date.now() }
}

/** The closed loop. Returns after the last response. @returns the requests, and the end time */
export async function sendOrdersInTurn(sender: Sender, load: ClosedLoop) {
  const sinceEpoch = wallClockOffset()
  const measuringAt = performance.now() + load.warmUpSeconds * 1_000
  const end = measuringAt + load.seconds * 1_000
  const measuring = setTimeout(load.onMeasuring, load.warmUpSeconds * 1_000)
  const sent: Sent[] = []
  const connection = async () => {
    for (let now; (now = performance.now()) < end;) {
      sent.push(await sendOrder(sender, now >= measuringAt, now, sinceEpoch))
    }
  }
  await Promise.all(Array.from({ length: load.connections }, connection))
  clearTimeout(measuring)
  return { sent, endedAt: Date.now() }
}

/** @param due - the intended time; `sinceEpoch` converts it to milliseconds since 1970 */
async function sendOrder(
  sender: Sender,
  counted: boolean,
  due: number,
  sinceEpoch: number
): Promise<Sent> {
  const answer = await sender.placeOrder().catch(noAnswer)
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
function wallClockOffset(): number {
  const before = Date.now()
  let now = before
  while (now === before) now = Date.now()
  return now - performance.now()
}
