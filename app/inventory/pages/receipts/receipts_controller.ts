import { randomUUID } from 'node:crypto'
import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { plural } from '#admin/format'
import { goTo, notice } from '#admin/notices'
import { shownSlice, sliceOf } from '#admin/pagination'
import { importWorker, workOn } from '../../imports/import_worker.ts'
import { describeBooking, earlierBooking } from '../../ledger/bookings.ts'
import { applyReceipt, discardReceipt } from '../../receipts/end_receipt.ts'
import { findReceipt, linesBySku } from '../../receipts/find_receipt.ts'
import { setReference } from '../../receipts/set_reference.ts'
import { unknownCodes } from '../../receipts/unknown_codes.ts'
import { RECEIVE } from './receive_page.ts'
import { describeReceipt } from './describe_receipt.ts'
import { rejectRepeated } from '../reject_repeated.ts'
import { rejectUnusual } from '../stock/usual_quantity.ts'
import { receiptFormValidator, referenceFormValidator } from '../validators.ts'

/** How long the request waits for the receipt to be applied; most receipts are small. */
const WAIT_MS = 1_000

/** The review of a receipt, which ends with applying or discarding it. */
export default class ReceiptsController {
  async review(ctx: HttpContext) {
    const { account, request, view } = ctx
    const [receipt, unknown] = await Promise.all([findReceipt(account), unknownCodes(account)])
    if (!receipt || receipt.counts.rows === 0) return goTo(ctx, RECEIVE)
    const query = request.qs()
    const slice = sliceOf(query, 200)
    const [rows, earlier] = await Promise.all([
      linesBySku(receipt, slice),
      earlierBooking(db.connection('inventory'), {
        ...{ id: receipt.id, reference: receipt.reference },
        ...{ file_hash: null, booked_at: null, applied_at: null },
      }),
    ])
    return view.render('inventory::pages/receipt', {
      ...{ receipt, unknown, slice: shownSlice(rows, slice, ({ sku }) => [sku], query) },
      earlier: earlier && { ...earlier, text: describeBooking(earlier) },
    })
  }

  async name(ctx: HttpContext) {
    const { reference } = await referenceFormValidator.validate(ctx.request.body())
    await setReference(ctx.account, reference ?? null)
    return goTo(ctx, `${RECEIVE}/review`)
  }

  async apply(ctx: HttpContext) {
    const { confirmed, again, ...reviewed } = await receiptFormValidator.validate(
      ctx.request.body()
    )
    const confirmation = { token: reviewed.version, confirmed }
    const receipt = await applyReceipt(ctx.account, reviewed, async (trx, received, earlier) => {
      rejectRepeated(earlier, again)
      await rejectUnusual(trx, 'restock', confirmation, received)
    })
    const { id } = receipt
    // The background worker does the rest.
    await workOn(id, randomUUID(), AbortSignal.timeout(WAIT_MS)).catch(() => {})
    importWorker.wake()
    await describeReceipt(ctx, id, receipt.repeated)
    return goTo(ctx, RECEIVE)
  }

  async confirmDiscard(ctx: HttpContext) {
    const receipt = await findReceipt(ctx.account)
    if (!receipt) return goTo(ctx, RECEIVE)
    return ctx.view.render('inventory::pages/discard_receipt', { receipt })
  }

  async discard(ctx: HttpContext) {
    const reviewed = await receiptFormValidator.validate(ctx.request.body())
    const { counts } = await discardReceipt(ctx.account, reviewed)
    const text = `of ${plural(counts.rows, 'SKU')} discarded. Stock has not changed.`
    notice(ctx, { about: plural(counts.up, 'unit'), text })
    return goTo(ctx, RECEIVE)
  }
}
