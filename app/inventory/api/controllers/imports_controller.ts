import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { sendCsv } from '#admin/csv'
import { actorOf } from '#contracts/actor'
import { optionalScope, once, send } from '#http/idempotency'
import { contentTag, sendResource } from '#http/headers/if_match'
import { pageBody, pageOf } from '#http/pagination'
import { errorsCsv } from '../../imports/errors_csv.ts'
import { findImport, listImports, listRows } from '../../imports/find_imports.ts'
import type { ImportRecord } from '../../imports/import_record.ts'
import { startApplication, startReversal } from '../../imports/import_transitions.ts'
import { importWorker } from '../../imports/import_worker.ts'
import { earlierBooking, earlierBookings } from '../../ledger/bookings.ts'
import { acceptUpload } from '../accept_upload.ts'
import { importBody, importRowBody } from '../transformers/import_body.ts'
import { applicationValidator, importRowsParameters } from '../validators/imports.ts'

export default class ImportsController {
  async index({ request }: HttpContext) {
    const page = await pageOf(request.qs())
    const { after: from, limit } = page
    const imports = await listImports({ from, limit })
    const earlier = await earlierBookings(db.connection('inventory'), imports)
    return pageBody(
      imports,
      page,
      ({ id }) => [id],
      (record) => importBody(record, earlier.get(record.id) ?? null)
    )
  }

  async show(ctx: HttpContext) {
    const record = await findImport(ctx.params.id)
    const earlier = await earlierBooking(db.connection('inventory'), record)
    const body = importBody(record, earlier)
    return sendResource(ctx, contentTag(body), body)
  }

  async rows({ params, request }: HttpContext) {
    const page = await pageOf(request.qs(), importRowsParameters)
    const { id } = await findImport(params.id)
    return pageBody(await listRows(id, page), page, ({ row }) => [String(row)], importRowBody)
  }

  /** The rows with problems, as CSV. */
  async errors(ctx: HttpContext) {
    const { id } = await findImport(ctx.params.id)
    return sendCsv(ctx, 'errors.csv', errorsCsv(id))
  }

  async store(ctx: HttpContext) {
    const scope = optionalScope(ctx)
    return send(ctx, await acceptUpload(ctx, (payloadHash) => scope && { ...scope, payloadHash }))
  }

  async apply(ctx: HttpContext) {
    const options = await applicationValidator.validate(ctx.request.body())
    return change(ctx, (trx) => startApplication(trx, ctx.params.id, options))
  }

  reverse(ctx: HttpContext) {
    return change(ctx, (trx) => startReversal(trx, ctx.params.id, actorOf(ctx.account)))
  }
}

/** Starts a step of an import, once per idempotency key. The worker completes it in the background. */
async function change(
  ctx: HttpContext,
  transition: (trx: TransactionClientContract) => Promise<ImportRecord>
) {
  const response = await once(db.connection('inventory'), optionalScope(ctx), async (trx) => {
    const record = await transition(trx)
    const body = importBody(record, await earlierBooking(trx, record))
    return { status: 202, headers: {}, body }
  })
  importWorker.wake()
  return send(ctx, response)
}
