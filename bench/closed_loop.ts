/*
 * A closed loop: each connection sends the next request when it has the response to the one before. It shows what
 * the app can accept, and hides how long callers would wait under a given rate: `open_loop.ts` shows that.
 */
import { sendOrder, wallClockOffset } from './open_loop.ts'
import type { Sent, Shop } from './shop.ts'

interface Load {
  connections: number
  warmUpSeconds: number
  seconds: number
  /** Called once, after the warm-up. */
  onMeasuring: () => void
}

/** Returns after the last response. @returns the requests, and the end time */
export async function sendOrdersInTurn(shop: Shop, load: Load) {
  const sinceEpoch = wallClockOffset()
  const measuringAt = performance.now() + load.warmUpSeconds * 1_000
  const end = measuringAt + load.seconds * 1_000
  const measuring = setTimeout(load.onMeasuring, load.warmUpSeconds * 1_000)
  const sent: Sent[] = []
  const connection = async () => {
    for (let now; (now = performance.now()) < end;) {
      sent.push(await sendOrder(shop, now >= measuringAt, now, sinceEpoch))
    }
  }
  await Promise.all(Array.from({ length: load.connections }, connection))
  clearTimeout(measuring)
  return { sent, endedAt: Date.now() }
}
