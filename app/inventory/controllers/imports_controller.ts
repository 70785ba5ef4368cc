import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { actorOf } from '#contracts/actor'
import { offeredScope, once, send } from '#http/idempotency'
import { pageBody, pageOf } from '#http/pages'
import { findImport, listImports } from '../imports/find_imports.ts'
import { importWorker } from '../imports/import_worker.ts'
import { startReading } from '../imports/order_import.ts'
import { forgetUpload, receiveUpload } from '../imports/receive_upload.ts'
import { importBody } from '../transformers/import_body.ts'
import { uploadValidator } from '../validators/imports.ts'

export default class ImportsController {
  async index({ request }: HttpContext) {
    const page = await pageOf(request.qs())
    return pageBody(await listImports(page), page, ({ id }) => [id], importBody)
  }

  async show({ params }: HttpContext) {
    return importBody(await findImport(params.id))
  }

  async store(ctx: HttpContext) {
    const { account, request, upload } = ctx
    const scope = offeredScope(ctx, account.id)
    const { reference = null } = await uploadValidator.validate(request.body())
    const { name, bytes } = upload!
    const received = await receiveUpload({
      ...{ name, bytes, reference, actor: actorOf(account), accountId: account.id },
    })
    const told = scope && { ...scope, payloadHash: received.hash }
    try {
      const answer = await once(db.connection('inventory'), told, async (trx) => {
        const body = importBody(await startReading(trx, received))
        return { status: 202, headers: { Location: `/api/v1/stock/imports/${body.id}` }, body }
      })
      importWorker.wake()
      return send(ctx, answer)
    } finally {
      // Of a file that was sent before under the same key.
      await forgetUpload(received.id)
    }
  }
}
