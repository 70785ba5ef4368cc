import type { HttpContext } from '@adonisjs/core/http'
import { EventStream } from '#http/server/event_stream'
import { lastEventId, lastEventIdInvalid } from '#http/headers/last_event_id'
import { findOrder, newestStep } from '../../queries/find_orders.ts'
import { orderId } from '../order_id.ts'
import { followOrder } from '../streams/follow_order.ts'
import { followOrders, parsePosition } from '../streams/follow_orders.ts'

/** Streams of timeline steps. */
export default class EventsController {
  /** The steps of all orders that the reader may see. */
  async index(ctx: HttpContext) {
    const id = lastEventId(ctx)
    const start = id === null ? null : parsePosition(id)
    if (id !== null && (start === null || start > (await newestStep()))) throw lastEventIdInvalid()
    await open(ctx, (stream) => followOrders(stream, ctx.account, start))
  }

  async show(ctx: HttpContext) {
    const order = await findOrder(orderId(ctx), ctx.account)
    const id = lastEventId(ctx) ?? '0'
    if (!/^\d{1,9}$/.test(id) || Number(id) > order.version) throw lastEventIdInvalid()
    await open(ctx, (stream) => followOrder(stream, order.id, ctx.account, Number(id)))
  }

  /** Creates a URL for EventSource, which sends no Authorization header. */
  async ticket(ctx: HttpContext) {
    const { id } = await findOrder(orderId(ctx), ctx.account)
    return ctx.response.status(201).json(ctx.signIn.ticketFor(`/api/v1/orders/${id}/events`))
  }
}

async function open(ctx: HttpContext, follow: (stream: EventStream) => Promise<void>) {
  const stream = EventStream.open(ctx)
  if (!stream) return
  stream.onEnd(ctx.signIn.whenEnded(() => stream.end()))
  // The response has started, so an error can only end the stream. The client reconnects and gets the error.
  await follow(stream).catch((error) => {
    ctx.logger.warn({ err: error }, 'order stream failed')
    stream.end()
  })
}
