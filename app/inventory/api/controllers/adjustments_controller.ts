import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { actorOf } from '#contracts/actor'
import { requiredScope, once, send } from '#http/idempotency'
import { adjustStock } from '../../stock/adjust_stock.ts'
import { movementCreated } from '../transformers/movement_created.ts'
import { adjustmentValidator, skuValidator } from '../validators/stock.ts'

export default class AdjustmentsController {
  async store(ctx: HttpContext) {
    const { account, params, request } = ctx
    const scope = requiredScope(ctx)
    const { sku } = await skuValidator.validate(params)
    ctx.auditSubject = sku
    const adjustment = await adjustmentValidator.validate(request.body())
    const response = await once(db.connection('inventory'), scope, async (trx) => {
      return movementCreated(await adjustStock(trx, { sku, ...adjustment }, actorOf(account)))
    })
    return send(ctx, response)
  }
}
