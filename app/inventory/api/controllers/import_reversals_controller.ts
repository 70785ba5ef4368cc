import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { actorOf } from '#contracts/actor'
import { optionalScope, once, send } from '#http/idempotency'
import { importWorker } from '../../imports/import_worker.ts'
import { startReversal } from '../../imports/import_transitions.ts'
import { importBody } from '../transformers/import_body.ts'

export default class ImportReversalsController {
  async store(ctx: HttpContext) {
    const { account, params } = ctx
    const scope = optionalScope(ctx)
    const response = await once(db.connection('inventory'), scope, async (trx) => {
      const body = importBody(await startReversal(trx, params.id, actorOf(account)))
      return { status: 202, headers: {}, body }
    })
    importWorker.wake()
    return send(ctx, response)
  }
}
