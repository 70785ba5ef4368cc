import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { actorOf } from '#contracts/actor'
import { optionalScope, once, send } from '#http/idempotency'
import { countStock } from '../../stock/count_stock.ts'
import { movementCreated } from '../transformers/movement_created.ts'
import { countValidator, skuValidator } from '../validators/stock.ts'

export default class CountsController {
  async store(ctx: HttpContext) {
    const { account, params, request } = ctx
    const scope = optionalScope(ctx)
    const { sku } = await skuValidator.validate(params)
    ctx.auditSubject = sku
    const count = await countValidator.validate(request.body())
    const response = await once(db.connection('inventory'), scope, async (trx) => {
      return movementCreated(await countStock(trx, { sku, ...count }, actorOf(account)))
    })
    return send(ctx, response)
  }
}
