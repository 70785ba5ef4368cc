import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { goTo } from '#admin/notices'
import { actorOf } from '#contracts/actor'
import { formScope } from '#http/idempotency'
import type { Booking } from '../../ledger/bookings.ts'
import { acceptUpload } from '../../api/accept_upload.ts'
import { rejectRepeated } from '../reject_repeated.ts'
import { applicationFormValidator } from '../../api/validators/imports.ts'
import type { ImportRecord } from '../../imports/import_record.ts'
import { importWorker } from '../../imports/import_worker.ts'
import { discardImport, startApplication, startReversal } from '../../imports/import_transitions.ts'

/** The forms of imports. A form that is submitted twice takes effect once. */
export default class ImportFormsController {
  async upload(ctx: HttpContext) {
    const scope = formScope(ctx)
    // The scope includes the file: a person may go back and choose another one in the same form.
    const { body } = await acceptUpload(
      ctx,
      (hash) => scope && { ...scope, key: `${scope.key} ${hash}`, payloadHash: hash }
    )
    const { id } = body as { id: string }
    ctx.auditSubject = id
    return goTo(ctx, `/admin/stock/imports/${id}`)
  }

  async apply(ctx: HttpContext) {
    const { listSuspectSkus, again } = await applicationFormValidator.validate(ctx.request.body())
    const options = {
      listSuspectSkus: listSuspectSkus === 'on',
      check: (earlier: Booking | null) => rejectRepeated(earlier, again),
    }
    return change(ctx, (trx) => startApplication(trx, ctx.params.id, options))
  }

  drop(ctx: HttpContext) {
    return change(ctx, (trx) => discardImport(trx, ctx.params.id))
  }

  reverse(ctx: HttpContext) {
    return change(ctx, (trx) => startReversal(trx, ctx.params.id, actorOf(ctx.account)))
  }
}

async function change(
  ctx: HttpContext,
  verb: (trx: TransactionClientContract) => Promise<ImportRecord>
) {
  const { id } = await db.connection('inventory').transaction(verb)
  importWorker.wake()
  return goTo(ctx, `/admin/stock/imports/${id}`)
}
