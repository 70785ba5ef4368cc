import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { number, signed } from '#admin/format'
import { notice } from '#admin/notices'
import { actorOf, type Actor } from '#contracts/actor'
import { formScope, once } from '#http/idempotency'
import type { Movement } from '../ledger.ts'
import { movementAnswer, type MovementBody } from '../transformers/movement_body.ts'

/** A form that causes one movement: clicked twice or sent again by a reload, still one. */
export async function oneMovement(
  ctx: HttpContext,
  move: (trx: TransactionClientContract, actor: Actor) => Promise<Movement>
): Promise<MovementBody> {
  const scope = formScope(ctx, ctx.account.id)
  const { body } = await once(db.connection('inventory'), scope, async (trx) => {
    return movementAnswer(await move(trx, actorOf(ctx.account)))
  })
  return body as MovementBody
}

const WORDS: Record<string, string> = {
  restock: 'restocked',
  adjust: 'adjusted',
  count: 'counted',
  reversal: 'undone',
}

/** Says what it has changed, from what to what, with the undo where there is one. */
export function saysMovement(
  ctx: HttpContext,
  { sku, kind, onHandDelta, onHand, id }: MovementBody
) {
  const changed = `${number(onHand - onHandDelta)} → ${number(onHand)}`
  const text =
    onHandDelta === 0
      ? `counted: ${number(onHand)}, as the books said`
      : `${WORDS[kind]} by ${signed(onHandDelta)}: ${changed}`
  const undo =
    kind === 'reversal' || onHandDelta === 0 ? null : `/admin/stock/movements/${id}/reversal`
  notice(ctx, { about: sku, text, undo })
}
