import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { optionalScope, once, requiredScope, send, type StoredResponse } from '#http/idempotency'
import { entityTag, ifMatch, requiredIfMatch, sendResource } from '#http/headers/if_match'
import { pageBody, pageOf } from '#http/pagination'
import { preferenceApplied, preferredWait } from '#http/headers/prefer'
import { cancelOrder } from '../../changes/cancel_order.ts'
import { fulfilOrder } from '../../changes/fulfil_order.ts'
import { reviseOrder } from '../../changes/revise_order.ts'
import {
  cancelOrderValidator,
  fulfilOrderValidator,
  reviseOrderValidator,
} from '../../changes/validators.ts'
import { waitForReply } from '../../live/wait_for_reply.ts'
import { placeOrder } from '../../placing/place_order.ts'
import { placeOrderValidator } from '../../placing/validators.ts'
import { findOrder, listOrders, listSteps } from '../../queries/find_orders.ts'
import { orderListParameters } from '../../queries/list_parameters.ts'
import { orderId } from '../order_id.ts'
import { acceptedResponse, orderResponse, orderBody } from '../transformers/order_body.ts'
import { stepBody } from '../transformers/step_body.ts'

export default class OrdersController {
  async store(ctx: HttpContext) {
    const scope = requiredScope(ctx)
    const placement = await placeOrderValidator.validate(ctx.request.body())
    const accepted = await placeOrder(placement, ctx.account, scope, acceptedResponse)
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
    return sendResource(ctx, entityTag(order.version), orderBody(order))
  }

  async update(ctx: HttpContext) {
    const { account, request } = ctx
    const id = orderId(ctx)
    const scope = optionalScope(ctx, ['reference', 'shipTo'])
    const expected = requiredIfMatch(ctx)
    const revision = await reviseOrderValidator.validate(request.body())
    const accepted = await once(db.connection('orders'), scope, async (trx) => {
      const { order, linesChanged } = await reviseOrder(trx, id, revision, account, expected)
      return orderResponse(order, linesChanged ? 202 : 200)
    })
    return send(ctx, await withReply(ctx, accepted, 200))
  }

  async cancel(ctx: HttpContext) {
    const id = orderId(ctx)
    const scope = optionalScope(ctx)
    const cancellation = await cancelOrderValidator.validate(ctx.request.body())
    const response = await once(db.connection('orders'), scope, async (trx) => {
      return orderResponse(await cancelOrder(trx, id, cancellation, ctx.account, ifMatch(ctx)), 200)
    })
    return send(ctx, response)
  }

  async fulfil(ctx: HttpContext) {
    const id = orderId(ctx)
    const scope = optionalScope(ctx)
    const parcel = await fulfilOrderValidator.validate(ctx.request.body())
    const response = await once(db.connection('orders'), scope, async (trx) => {
      return orderResponse(await fulfilOrder(trx, id, parcel, ctx.account, ifMatch(ctx)), 200)
    })
    return send(ctx, response)
  }

  async timeline(ctx: HttpContext) {
    const { account, request } = ctx
    const id = orderId(ctx)
    const page = await pageOf(request.qs())
    const steps = await listSteps(await findOrder(id, account), page)
    const key = ({ sequence }: { sequence: number }) => [String(sequence)]
    return pageBody(steps, page, key, (step) => stepBody(step, account))
  }
}

/** Under `Prefer: wait`, waits for inventory's reply and returns the order after it, if it arrives in time. */
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
  const { headers, body } = orderResponse(order, status)
  return { status, headers: { ...accepted.headers, ...headers }, body }
}
