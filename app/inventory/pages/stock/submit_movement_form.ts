import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { number, signed } from '#admin/format'
import { notice } from '#admin/notices'
import { actorOf, type Actor } from '#contracts/actor'
import { formScope, once } from '#http/idempotency'
import { movementCreated } from '../../api/transformers/movement_created.ts'
import type { Movement } from '../../ledger/movement.ts'

/** Handles a form that causes one movement, once even if it is submitted twice. */
export async function submitMovementForm(
  ctx: HttpContext,
  move: (trx: TransactionClientContract, actor: Actor) => Promise<Movement>
): Promise<Movement> {
  const scope = formScope(ctx, ctx.account.id)
  const { body } = await once(db.connection('inventory'), scope, async (trx) => {
    return movementCreated(await move(trx, actorOf(ctx.account)))
  })
  return body as Movement
}

const VERBS: Record<string, string> = {
  restock: 'restocked',
  adjust: 'adjusted',
  count: 'counted',
  reversal: 'undone',
}

/** Shows the change on the next page, with an undo unless it is one. */
export function describeMovement(
  ctx: HttpContext,
  { sku, kind, onHandDelta, onHand, id }: Movement
) {
  const changed = `${number(onHand - onHandDelta)} → ${number(onHand)}`
  const unchanged =
    kind === 'reversal'
      ? `undone: ${number(onHand)} on hand, as before`
      : `counted: ${number(onHand)}, which agrees with the books`
  const text =
    onHandDelta === 0 ? unchanged : `${VERBS[kind]} by ${signed(onHandDelta)}: ${changed}`
  const undo = kind === 'reversal' ? null : `/admin/stock/movements/${id}/reversal`
  notice(ctx, { about: sku, text, undo })
}
