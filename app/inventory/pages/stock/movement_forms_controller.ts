import type { HttpContext } from '@adonisjs/core/http'
import { goBack } from '#admin/notices'
import { adjustStock } from '../../stock/adjust_stock.ts'
import { countStock } from '../../stock/count_stock.ts'
import { restock } from '../../stock/restock.ts'
import { reverseMovement } from '../../stock/reverse_movement.ts'
import { skuValidator } from '../../api/validators/stock.ts'
import { rejectRepeated } from '../reject_repeated.ts'
import { describeMovement, submitMovementForm } from './submit_movement_form.ts'
import { rejectUnusual } from './usual_quantity.ts'
import { adjustmentFormValidator, countFormValidator, restockFormValidator } from '../validators.ts'

/** The forms in the rows of the list and on the page of an SKU. */
export default class MovementFormsController {
  async restock(ctx: HttpContext) {
    const { sku } = await skuValidator.validate(ctx.params)
    ctx.auditSubject = sku
    const { confirmed, again, ...goods } = await restockFormValidator.validate(ctx.request.body())
    const { quantity } = goods
    const movement = await submitMovementForm(ctx, async (trx, by) => {
      await rejectUnusual(trx, 'restock', { token: quantity, confirmed }, [
        { sku, units: quantity },
      ])
      return restock(trx, { sku, ...goods }, by, (earlier) => rejectRepeated(earlier, again))
    })
    describeMovement(ctx, movement)
    return goBack(ctx, `/admin/stock/${sku}`)
  }

  async adjust(ctx: HttpContext) {
    const { sku } = await skuValidator.validate(ctx.params)
    ctx.auditSubject = sku
    const { confirmed, ...change } = await adjustmentFormValidator.validate(ctx.request.body())
    const { delta } = change
    const movement = await submitMovementForm(ctx, async (trx, by) => {
      await rejectUnusual(trx, 'adjust', { token: delta, confirmed }, [{ sku, units: delta }])
      return adjustStock(trx, { sku, ...change }, by)
    })
    describeMovement(ctx, movement)
    return goBack(ctx, `/admin/stock/${sku}`)
  }

  async count(ctx: HttpContext) {
    const { sku } = await skuValidator.validate(ctx.params)
    ctx.auditSubject = sku
    const { confirmed, ...count } = await countFormValidator.validate(ctx.request.body())
    const { counted, expectedOnHand } = count
    const booking = { sku, units: counted - expectedOnHand }
    const movement = await submitMovementForm(ctx, async (trx, by) => {
      await rejectUnusual(trx, 'count', { token: counted, confirmed }, [booking])
      return countStock(trx, { sku, ...count }, by)
    })
    describeMovement(ctx, movement)
    return goBack(ctx, `/admin/stock/${sku}`)
  }

  async reverse(ctx: HttpContext) {
    const { id } = ctx.params
    const movement = await submitMovementForm(ctx, (trx, by) => reverseMovement(trx, id, by))
    ctx.auditSubject = movement.sku
    describeMovement(ctx, movement)
    return goBack(ctx, `/admin/stock/${movement.sku}`)
  }
}
