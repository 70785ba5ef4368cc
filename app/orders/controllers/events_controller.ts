import type { HttpContext } from '@adonisjs/core/http'
import { EventStream } from '#http/event_stream'
import { lastEventId, lastEventIdInvalid } from '#http/last_event_id'
import { newestStep } from '../find_orders.ts'
import { followOrders, placeOf } from '../live/follow_orders.ts'

/** The steps of all orders that the reader may see, as they happen. */
export default class EventsController {
  async index(ctx: HttpContext) {
    const id = lastEventId(ctx)
    const place = id === null ? null : placeOf(id)
    if (id !== null && (place === null || place > (await newestStep()))) throw lastEventIdInvalid()
    const stream = EventStream.open(ctx)
    if (!stream) return
    stream.onEnd(ctx.signIn.whenEnded(() => stream.end()))
    // The answer has begun: its reader comes back and hears then what is wrong.
    await followOrders(stream, ctx.account, place).catch((error) => {
      ctx.logger.warn({ err: error }, 'a stream ends')
      stream.end()
    })
  }
}
