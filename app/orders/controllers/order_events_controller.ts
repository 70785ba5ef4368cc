import type { HttpContext } from '@adonisjs/core/http'
import { EventStream } from '#http/event_stream'
import { lastEventId, lastEventIdInvalid } from '#http/last_event_id'
import { findOrder } from '../find_orders.ts'
import { followOrder } from '../live/follow_order.ts'
import { orderId } from '../validators/order_id.ts'

/** One order's steps as they happen. */
export default class OrderEventsController {
  async index(ctx: HttpContext) {
    const order = await findOrder(orderId(ctx), ctx.account)
    const id = lastEventId(ctx) ?? '0'
    if (!/^\d{1,9}$/.test(id) || Number(id) > order.version) throw lastEventIdInvalid()
    const stream = EventStream.open(ctx)
    if (!stream) return
    stream.onEnd(ctx.signIn.whenEnded(() => stream.end()))
    // The answer has begun: its reader comes back and hears then what is wrong.
    await followOrder(stream, order.id, ctx.account, Number(id)).catch((error) => {
      ctx.logger.warn({ err: error }, 'a stream ends')
      stream.end()
    })
  }
}
