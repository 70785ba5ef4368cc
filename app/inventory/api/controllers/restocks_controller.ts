import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { actorOf } from '#contracts/actor'
import { requiredScope, once, send } from '#http/idempotency'
import { restock } from '../../stock/restock.ts'
import { movementCreated } from '../transformers/movement_created.ts'
import { restockValidator, skuValidator } from '../validators/stock.ts'

export default class RestocksController {
  async store(ctx: HttpContext) {
    const { account, params, request } = ctx
    const scope = requiredScope(ctx)
    const { sku } = await skuValidator.validate(params)
    ctx.auditSubject = sku
    const goods = await restockValidator.validate(request.body())
    const response = await once(db.connection('inventory'), scope, async (trx) => {
      return movementCreated(await restock(trx, { sku, ...goods }, actorOf(account)))
    })
    return send(ctx, response)
  }
}
