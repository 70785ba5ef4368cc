import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { number, signed } from '#admin/format'
import { notice } from '#admin/notices'
import { actorOf, type Actor } from '#contracts/actor'
import { submitOnce } from '#http/idempotency'
import type { Movement } from '../../ledger/movement.ts'

/** Handles a form that causes one movement, once even if it is submitted twice. */
export async function submitMovementForm(
  ctx: HttpContext,
  move: (trx: TransactionClientContract, actor: Actor) => Promise<Movement>
): Promise<Movement> {
  return submitOnce(ctx, db.connection('inventory'), (trx) => move(trx, actorOf(ctx.account)))
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
