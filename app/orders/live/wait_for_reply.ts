import type { SignedIn } from '#contracts/actor'
import { findOrder } from '../queries/find_orders.ts'
import type { OrderRecord } from '../store/order.ts'
import { awaitsReply } from '../order_state_machine.ts'
import { stepFeed } from './step_feed.ts'

/**
 * Waits until inventory has replied to the order.
 *
 * @returns the order after the reply; null if the time runs out first
 * @throws Problem 404
 */
export async function waitForReply(
  orderId: string,
  reader: SignedIn,
  seconds: number
): Promise<OrderRecord | null> {
  const over = Promise.withResolvers<void>()
  const stop = stepFeed.follow(orderId, ({ status }) => {
    if (!awaitsReply(status)) over.resolve()
  })
  const timer = setTimeout(() => over.resolve(), seconds * 1_000)
  try {
    await Promise.race([stepFeed.ready(), over.promise])
    const order = await findOrder(orderId, reader)
    if (!awaitsReply(order.status)) return order
    await over.promise
    // Read even after a timeout: the reply may have arrived while the feed was disconnected.
    const last = await findOrder(orderId, reader)
    return awaitsReply(last.status) ? null : last
  } finally {
    clearTimeout(timer)
    stop()
  }
}
