import type { HttpContext } from '@adonisjs/core/http'
import { EventStream } from '#http/server/event_stream'
import { lastEventId, lastEventIdInvalid } from '#http/last_event_id'
import { newestStep } from '../find_orders.ts'
import { followOrders, parsePosition } from '../live/follow_orders.ts'

/** Streams the steps of all orders that the reader may see. */
export default class EventsController {
  async index(ctx: HttpContext) {
    const id = lastEventId(ctx)
    const start = id === null ? null : parsePosition(id)
    if (id !== null && (start === null || start > (await newestStep()))) throw lastEventIdInvalid()
    const stream = EventStream.open(ctx)
    if (!stream) return
    stream.onEnd(ctx.signIn.whenEnded(() => stream.end()))
    // The response has started, so an error can only end the stream. The client reconnects and gets the error.
    await followOrders(stream, ctx.account, start).catch((error) => {
      ctx.logger.warn({ err: error }, 'order stream failed')
      stream.end()
    })
  }
}
