import type { HttpContext } from '@adonisjs/core/http'
import { idempotencyScope, send } from '#http/idempotency'
import { pageBody, pageOf } from '#http/pages'
import { findOrder, listOrders } from '../find_orders.ts'
import { placeOrder } from '../place_order.ts'
import { orderBody } from '../transformers/order_body.ts'
import { placeOrderValidator } from '../validators/order.ts'

export default class OrdersController {
  async store(ctx: HttpContext) {
    const scope = idempotencyScope(ctx, ctx.account.id)
    const placement = await placeOrderValidator.validate(ctx.request.body())
    return send(ctx, await placeOrder(placement, ctx.account, scope))
  }

  async index({ account, request }: HttpContext) {
    const page = await pageOf(request.qs())
    const orders = await listOrders(account, page)
    return pageBody(
      orders,
      page,
      ({ id }) => [id],
      (order) => orderBody(order.record())
    )
  }

  async show({ account, params, response }: HttpContext) {
    const order = await findOrder(params.id, account)
    response.header('ETag', `"${order.version}"`)
    return orderBody(order.record())
  }
}
