import type { HttpContext } from '@adonisjs/core/http'
import { findOrder } from '../find_orders.ts'
import { orderId } from '../validators/order_id.ts'

/** Creates a URL for EventSource, which sends no Authorization header. */
export default class StreamTicketsController {
  async store(ctx: HttpContext) {
    const { id } = await findOrder(orderId(ctx), ctx.account)
    return ctx.response.status(201).json(ctx.signIn.ticketFor(`/api/v1/orders/${id}/events`))
  }
}
