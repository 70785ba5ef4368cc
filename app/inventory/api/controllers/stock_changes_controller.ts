import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { actorOf, type Actor } from '#contracts/actor'
import { once, optionalScope, requiredScope, send, type IdempotencyScope } from '#http/idempotency'
import type { Booking } from '../../ledger/bookings.ts'
import type { Movement } from '../../ledger/movement.ts'
import { adjustStock } from '../../stock/adjust_stock.ts'
import { countStock } from '../../stock/count_stock.ts'
import { restock, type Restock } from '../../stock/restock.ts'
import { reverseMovement } from '../../stock/reverse_movement.ts'
import { bookingBody } from '../transformers/import_body.ts'
import {
  adjustmentValidator,
  countValidator,
  restockValidator,
  skuValidator,
} from '../validators/stock.ts'

/** Requests that cause one movement. */
export default class StockChangesController {
  restock(ctx: HttpContext) {
    return changeStock(ctx, requiredScope, restockValidator, restockAndCompare)
  }

  adjust(ctx: HttpContext) {
    return changeStock(ctx, requiredScope, adjustmentValidator, adjustStock)
  }

  count(ctx: HttpContext) {
    return changeStock(ctx, optionalScope, countValidator, countStock)
  }

  async reverse(ctx: HttpContext) {
    const { account, params } = ctx
    const response = await recordOnce(optionalScope(ctx), (trx) =>
      reverseMovement(trx, params.id, actorOf(account))
    )
    ctx.auditSubject = (response.body as Movement).sku
    return send(ctx, response)
  }
}

/** Tells of an earlier booking of the SKU with the same reference. */
async function restockAndCompare(trx: TransactionClientContract, goods: Restock, actor: Actor) {
  let earlier: Booking | null = null
  const movement = await restock(trx, goods, actor, (found) => (earlier = found))
  return { ...movement, alreadyBooked: bookingBody(earlier) }
}

/** Changes the stock of the SKU in the path. */
async function changeStock<Change extends object>(
  ctx: HttpContext,
  scopeOf: (ctx: HttpContext) => IdempotencyScope | null,
  validator: { validate(body: unknown): Promise<Change> },
  change: (
    trx: TransactionClientContract,
    change: Change & { sku: string },
    actor: Actor
  ) => Promise<Movement>
) {
  const { account, params, request } = ctx
  const scope = scopeOf(ctx)
  const { sku } = await skuValidator.validate(params)
  ctx.auditSubject = sku
  const given = await validator.validate(request.body())
  const response = await recordOnce(scope, (trx) =>
    change(trx, { sku, ...given }, actorOf(account))
  )
  return send(ctx, response)
}

/** @returns the response with the movement, also when the request is repeated */
function recordOnce(
  scope: IdempotencyScope | null,
  move: (trx: TransactionClientContract) => Promise<Movement>
) {
  return once(db.connection('inventory'), scope, async (trx) => {
    return { status: 201, headers: {}, body: await move(trx) }
  })
}
