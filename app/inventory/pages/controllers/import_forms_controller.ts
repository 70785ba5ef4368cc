import { createReadStream } from 'node:fs'
import app from '@adonisjs/core/services/app'
import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { goTo } from '#admin/notices'
import { actorOf } from '#contracts/actor'
import { formScope } from '#http/idempotency'
import type { ImportRecord } from '../../imports/import_record.ts'
import { importWorker } from '../../imports/import_worker.ts'
import { discardImport, startApplication, startReversal } from '../../imports/order_import.ts'
import { takeFile } from '../../imports/take_file.ts'
import { uploadValidator } from '../../validators/imports.ts'

/** What people do to imports. Each form clicked twice or sent again by a reload has one effect. */
export default class ImportFormsController {
  async upload(ctx: HttpContext) {
    const { account, request, upload } = ctx
    const scope = formScope(ctx, account.id)
    const { reference = null } = await uploadValidator.validate(request.body())
    const { name, bytes } = upload!
    const file = { name, bytes, reference, actor: actorOf(account), accountId: account.id }
    // Who goes back and chooses another file sends another form.
    const { body } = await takeFile(
      file,
      (hash) => scope && { ...scope, key: `${scope.key} ${hash}`, payloadHash: hash }
    )
    const { id } = body as { id: string }
    ctx.thing = id
    return goTo(ctx, `/admin/stock/imports/${id}`)
  }

  apply(ctx: HttpContext) {
    return told(ctx, (trx) => startApplication(trx, ctx.params.id))
  }

  drop(ctx: HttpContext) {
    return told(ctx, (trx) => discardImport(trx, ctx.params.id))
  }

  reverse(ctx: HttpContext) {
    return told(ctx, (trx) => startReversal(trx, ctx.params.id, actorOf(ctx.account)))
  }

  /** docs/importing.md */
  guide({ response }: HttpContext) {
    response.header('content-type', 'text/plain; charset=utf-8')
    return response.stream(createReadStream(app.makePath('docs/importing.md')))
  }
}

async function told(
  ctx: HttpContext,
  verb: (trx: TransactionClientContract) => Promise<ImportRecord>
) {
  const { id } = await db.connection('inventory').transaction(verb)
  importWorker.wake()
  return goTo(ctx, `/admin/stock/imports/${id}`)
}
