import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { goBack, notice } from '#admin/notices'
import { number } from '#admin/format'
import { actorOf } from '#contracts/actor'
import { formScope, once } from '#http/idempotency'
import { movementAnswer, type MovementBody } from '../../transformers/movement_body.ts'
import { restock } from '../../restock.ts'
import { skuValidator } from '../../validators/stock.ts'
import { restockFormValidator } from '../validators.ts'

/** Goods received, from a row of the list or from the page of the SKU. */
export default class RestockFormsController {
  async store(ctx: HttpContext) {
    const { account, params, request } = ctx
    const { sku } = await skuValidator.validate(params)
    const goods = await restockFormValidator.validate(request.body())
    const { body } = await once(
      db.connection('inventory'),
      formScope(ctx, account.id),
      async (trx) => {
        return movementAnswer(await restock(trx, { sku, ...goods }, actorOf(account)))
      }
    )
    const { id, onHand } = body as MovementBody
    notice(ctx, {
      about: sku,
      text: `restocked by ${number(goods.quantity)}: ${number(onHand - goods.quantity)} → ${number(onHand)}`,
      undo: `/admin/stock/movements/${id}/reversal`,
    })
    return goBack(ctx, `/admin/stock/${sku}`)
  }
}
