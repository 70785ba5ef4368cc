import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { requiredScope, optionalScope, once, send, type StoredResponse } from '#http/idempotency'
import { requiredIfMatch } from '#http/if_match'
import { pageBody, pageOf } from '#http/pages'
import { preferenceApplied, preferredWait } from '#http/prefer'
import { findOrder, listOrders } from '../find_orders.ts'
import { waitForReply } from '../live/wait_for_reply.ts'
import { placeOrder } from '../place_order.ts'
import { reviseOrder } from '../revise_order.ts'
import { acceptedAnswer, orderAnswer, orderBody } from '../transformers/order_body.ts'
import { orderId } from '../validators/order_id.ts'
import {
  orderListParameters,
  placeOrderValidator,
  reviseOrderValidator,
} from '../validators/order.ts'

export default class OrdersController {
  async store(ctx: HttpContext) {
    const scope = requiredScope(ctx)
    const placement = await placeOrderValidator.validate(ctx.request.body())
    const accepted = await placeOrder(placement, ctx.account, scope, acceptedAnswer)
    ctx.permit?.release()
    return send(ctx, await withReply(ctx, accepted, 201))
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
    const scope = optionalScope(ctx)
    const expected = requiredIfMatch(ctx)
    const revision = await reviseOrderValidator.validate(request.body())
    const accepted = await once(db.connection('orders'), scope, async (trx) => {
      const { order, linesChanged } = await reviseOrder(trx, id, revision, account, expected)
      return orderAnswer(order, linesChanged ? 202 : 200)
    })
    return send(ctx, await withReply(ctx, accepted, 200))
  }
}

/** Under `Prefer: wait`, waits for inventory's reply and answers with the order after it, if it arrives in time. */
async function withReply(
  ctx: HttpContext,
  accepted: StoredResponse,
  status: 200 | 201
): Promise<StoredResponse> {
  const seconds = preferredWait(ctx)
  if (accepted.status !== 202 || seconds === null) return accepted
  const { id } = accepted.body as { id: string }
  const order = await waitForReply(id, ctx.account, seconds).catch((error) => {
    // The order is accepted, so a failed wait must not fail the request.
    ctx.logger.warn({ err: error, order: id }, 'wait for stock reply failed')
    return null
  })
  if (!order) return accepted
  preferenceApplied(ctx, seconds)
  const { headers, body } = orderAnswer(order, status)
  return { status, headers: { ...accepted.headers, ...headers }, body }
}
