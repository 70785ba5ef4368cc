import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { idempotencyScope, send, type Answer } from '#http/idempotency'
import { requiredIfMatch } from '#http/if_match'
import { pageBody, pageOf } from '#http/pages'
import { preferenceApplied, preferredWait } from '#http/prefer'
import { findOrder, listOrders } from '../find_orders.ts'
import { untilAtRest } from '../live/until_at_rest.ts'
import { placeOrder } from '../place_order.ts'
import { reviseOrder } from '../revise_order.ts'
import { orderAnswer, orderBody } from '../transformers/order_body.ts'
import { orderId } from '../validators/order_id.ts'
import {
  orderListParameters,
  placeOrderValidator,
  reviseOrderValidator,
} from '../validators/order.ts'

export default class OrdersController {
  async store(ctx: HttpContext) {
    const scope = idempotencyScope(ctx, ctx.account.id)
    const placement = await placeOrderValidator.validate(ctx.request.body())
    const accepted = await placeOrder(placement, ctx.account, scope)
    ctx.turn?.end()
    return send(ctx, await atRest(ctx, accepted, 201))
  }

  async index({ account, request }: HttpContext) {
    const page = await pageOf(request.qs(), orderListParameters)
    const orders = await listOrders(account, page)
    return pageBody(orders, page, ({ id }) => [id], orderBody)
  }

  async show(ctx: HttpContext) {
    const order = await findOrder(orderId(ctx), ctx.account)
    return send(ctx, orderAnswer(order, 200))
  }

  async update(ctx: HttpContext) {
    const { account, request } = ctx
    const id = orderId(ctx)
    const seen = requiredIfMatch(ctx)
    const revision = await reviseOrderValidator.validate(request.body())
    const { order, linesChanged } = await db
      .connection('orders')
      .transaction((trx) => reviseOrder(trx, id, revision, account, seen))
    const accepted = orderAnswer(order, linesChanged ? 202 : 200)
    return send(ctx, await atRest(ctx, accepted, 200))
  }
}

/** For a caller who prefers to wait: the order with inventory's answer, if that comes in time. */
async function atRest(ctx: HttpContext, accepted: Answer, status: 200 | 201): Promise<Answer> {
  const seconds = preferredWait(ctx)
  if (accepted.status !== 202 || seconds === null) return accepted
  const { id } = accepted.body as { id: string }
  const order = await untilAtRest(id, ctx.account, seconds).catch((error) => {
    // It is accepted: a fault of the waiting must not say otherwise.
    ctx.logger.warn({ err: error, order: id }, 'an accepted order could not be waited for')
    return null
  })
  if (!order) return accepted
  preferenceApplied(ctx, seconds)
  const { headers, body } = orderAnswer(order, status)
  return { status, headers: { ...accepted.headers, ...headers }, body }
}
