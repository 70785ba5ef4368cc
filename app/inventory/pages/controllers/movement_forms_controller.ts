import type { HttpContext } from '@adonisjs/core/http'
import { goBack } from '#admin/notices'
import { adjustStock } from '../../adjust_stock.ts'
import { countStock } from '../../count_stock.ts'
import { restock } from '../../restock.ts'
import { reverseMovement } from '../../reverse_movement.ts'
import { skuValidator } from '../../validators/stock.ts'
import { oneMovement, saysMovement } from '../one_movement.ts'
import { adjustmentFormValidator, countFormValidator, restockFormValidator } from '../validators.ts'

/** The forms on a row of the list and on the page of an SKU. */
export default class MovementFormsController {
  async restock(ctx: HttpContext) {
    const { sku } = await skuValidator.validate(ctx.params)
    ctx.thing = sku
    const goods = await restockFormValidator.validate(ctx.request.body())
    saysMovement(ctx, await oneMovement(ctx, (trx, by) => restock(trx, { sku, ...goods }, by)))
    return goBack(ctx, `/admin/stock/${sku}`)
  }

  async adjust(ctx: HttpContext) {
    const { sku } = await skuValidator.validate(ctx.params)
    ctx.thing = sku
    const change = await adjustmentFormValidator.validate(ctx.request.body())
    saysMovement(ctx, await oneMovement(ctx, (trx, by) => adjustStock(trx, { sku, ...change }, by)))
    return goBack(ctx, `/admin/stock/${sku}`)
  }

  async count(ctx: HttpContext) {
    const { sku } = await skuValidator.validate(ctx.params)
    ctx.thing = sku
    const count = await countFormValidator.validate(ctx.request.body())
    saysMovement(ctx, await oneMovement(ctx, (trx, by) => countStock(trx, { sku, ...count }, by)))
    return goBack(ctx, `/admin/stock/${sku}`)
  }

  async reverse(ctx: HttpContext) {
    const { id } = ctx.params
    const movement = await oneMovement(ctx, (trx, by) => reverseMovement(trx, id, by))
    ctx.thing = movement.sku
    saysMovement(ctx, movement)
    return goBack(ctx, `/admin/stock/${movement.sku}`)
  }
}
