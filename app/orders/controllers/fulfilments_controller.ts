import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { optionalScope, once, send } from '#http/idempotency'
import { ifMatch } from '#http/if_match'
import { fulfilOrder } from '../fulfil_order.ts'
import { orderAnswer } from '../transformers/order_body.ts'
import { orderId } from '../validators/order_id.ts'
import { fulfilOrderValidator } from '../validators/order.ts'

export default class FulfilmentsController {
  async store(ctx: HttpContext) {
    const id = orderId(ctx)
    const scope = optionalScope(ctx)
    const parcel = await fulfilOrderValidator.validate(ctx.request.body())
    const response = await once(db.connection('orders'), scope, async (trx) => {
      return orderAnswer(await fulfilOrder(trx, id, parcel, ctx.account, ifMatch(ctx)), 200)
    })
    return send(ctx, response)
  }
}
