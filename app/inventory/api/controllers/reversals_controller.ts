import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { actorOf } from '#contracts/actor'
import { optionalScope, once, send } from '#http/idempotency'
import { reverseMovement } from '../../stock/reverse_movement.ts'
import type { Movement } from '../../ledger/movement.ts'
import { movementCreated } from '../transformers/movement_created.ts'

export default class ReversalsController {
  async store(ctx: HttpContext) {
    const { account, params } = ctx
    const scope = optionalScope(ctx)
    const response = await once(db.connection('inventory'), scope, async (trx) => {
      return movementCreated(await reverseMovement(trx, params.id, actorOf(account)))
    })
    ctx.auditSubject = (response.body as Movement).sku
    return send(ctx, response)
  }
}
