import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { actorOf } from '#contracts/actor'
import { offeredScope, once, send } from '#http/idempotency'
import { reverseMovement } from '../reverse_movement.ts'
import { movementAnswer, type MovementBody } from '../transformers/movement_body.ts'

export default class ReversalsController {
  async store(ctx: HttpContext) {
    const { account, params } = ctx
    const scope = offeredScope(ctx, account.id)
    const answer = await once(db.connection('inventory'), scope, async (trx) => {
      return movementAnswer(await reverseMovement(trx, params.id, actorOf(account)))
    })
    ctx.thing = (answer.body as MovementBody).sku
    return send(ctx, answer)
  }
}
