import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import { readOrder, type OrderRecord } from '../models/order.ts'
import { awaitsAnswer } from '../order_status.ts'
import { stepFeed } from './step_feed.ts'

/**
 * Waits until inventory has answered.
 *
 * @returns the order as it is then; null when the time is over before
 * @throws Problem 404
 */
export async function untilAtRest(
  orderId: string,
  reader: SignedIn,
  seconds: number
): Promise<OrderRecord | null> {
  const over = Promise.withResolvers<void>()
  const stop = stepFeed.follow(orderId, ({ status }) => {
    if (!awaitsAnswer(status)) over.resolve()
  })
  const timer = setTimeout(() => over.resolve(), seconds * 1_000)
  try {
    await Promise.race([stepFeed.ready(), over.promise])
    const order = await readOrder(db.connection('orders'), orderId, reader)
    if (!awaitsAnswer(order.status)) return order
    await over.promise
    // Also when the time is over: the feed may have been in trouble while inventory was not.
    const last = await readOrder(db.connection('orders'), orderId, reader)
    return awaitsAnswer(last.status) ? null : last
  } finally {
    clearTimeout(timer)
    stop()
  }
}
