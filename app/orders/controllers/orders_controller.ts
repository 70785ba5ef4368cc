import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { idempotencyScope, send } from '#http/idempotency'
import { requiredIfMatch } from '#http/if_match'
import { pageBody, pageOf } from '#http/pages'
import { findOrder, listOrders } from '../find_orders.ts'
import { placeOrder } from '../place_order.ts'
import { reviseOrder } from '../revise_order.ts'
import { orderBody } from '../transformers/order_body.ts'
import { orderId } from '../validators/order_id.ts'
import { placeOrderValidator, reviseOrderValidator } from '../validators/order.ts'

export default class OrdersController {
  async store(ctx: HttpContext) {
    const scope = idempotencyScope(ctx, ctx.account.id)
    const placement = await placeOrderValidator.validate(ctx.request.body())
    return send(ctx, await placeOrder(placement, ctx.account, scope))
  }

  async index({ account, request }: HttpContext) {
    const page = await pageOf(request.qs())
    const orders = await listOrders(account, page)
    return pageBody(orders, page, ({ id }) => [id], orderBody)
  }

  async show(ctx: HttpContext) {
    const { account, response } = ctx
    const order = await findOrder(orderId(ctx), account)
    response.header('ETag', `"${order.version}"`)
    return orderBody(order)
  }

  async update(ctx: HttpContext) {
    const { account, request, response } = ctx
    const id = orderId(ctx)
    const seen = requiredIfMatch(ctx)
    const revision = await reviseOrderValidator.validate(request.body())
    const { order, linesChanged } = await db
      .connection('orders')
      .transaction((trx) => reviseOrder(trx, id, revision, account, seen))
    response.status(linesChanged ? 202 : 200).header('ETag', `"${order.version}"`)
    return orderBody(order)
  }
}
