import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { optionalScope, once, send } from '#http/idempotency'
import { importWorker } from '../../imports/import_worker.ts'
import { startApplication } from '../../imports/import_transitions.ts'
import { applicationValidator } from '../validators/imports.ts'
import { importBody } from '../transformers/import_body.ts'

export default class ImportApplicationsController {
  async store(ctx: HttpContext) {
    const { params, request } = ctx
    const options = await applicationValidator.validate(request.body())
    const scope = optionalScope(ctx)
    const response = await once(db.connection('inventory'), scope, async (trx) => {
      const body = importBody(await startApplication(trx, params.id, options))
      return { status: 202, headers: {}, body }
    })
    importWorker.wake()
    return send(ctx, response)
  }
}
