import type { HttpContext } from '@adonisjs/core/http'
import { EventStream } from '#http/server/event_stream'
import { lastEventId, lastEventIdInvalid } from '#http/last_event_id'
import { findOrder } from '../find_orders.ts'
import { followOrder } from '../live/follow_order.ts'
import { orderId } from '../validators/order_id.ts'

/** Streams the steps of one order. */
export default class OrderEventsController {
  async index(ctx: HttpContext) {
    const order = await findOrder(orderId(ctx), ctx.account)
    const id = lastEventId(ctx) ?? '0'
    if (!/^\d{1,9}$/.test(id) || Number(id) > order.version) throw lastEventIdInvalid()
    const stream = EventStream.open(ctx)
    if (!stream) return
    stream.onEnd(ctx.signIn.whenEnded(() => stream.end()))
    // The response has started, so an error can only end the stream. The client reconnects and gets the error.
    await followOrder(stream, order.id, ctx.account, Number(id)).catch((error) => {
      ctx.logger.warn({ err: error }, 'order stream failed')
      stream.end()
    })
  }
}
