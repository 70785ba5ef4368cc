import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { goTo, notice } from '#admin/notices'
import { submitOnce } from '#http/idempotency'
import { orderId } from '../../api/order_id.ts'
import { cancelOrder } from '../../changes/cancel_order.ts'
import { fulfilOrder } from '../../changes/fulfil_order.ts'
import { addNote } from '../../changes/add_note.ts'
import { reviseOrder } from '../../changes/revise_order.ts'
import { resendMail } from '../../changes/resend_mail.ts'
import { cancellationOfForm, contactOfForm, linesOfForm, parcelOfForm } from './order_forms.ts'
import * as notices from './order_notices.ts'
import { noteFormValidator } from '../validators.ts'

/** The forms of the order page. */
export default class OrderFormsController {
  async lines(ctx: HttpContext) {
    const { version, revision } = await linesOfForm(ctx.request.body())
    return submit(ctx, async (trx, id) => {
      return notices.revised(await reviseOrder(trx, id, revision, ctx.account, version))
    })
  }

  async contact(ctx: HttpContext) {
    const { version, revision } = await contactOfForm(ctx.request.body())
    return submit(ctx, async (trx, id) => {
      return notices.corrected(await reviseOrder(trx, id, revision, ctx.account, version))
    })
  }

  async note(ctx: HttpContext) {
    const { note, before } = await noteFormValidator.validate(ctx.request.body())
    return submit(ctx, async (trx, id) => {
      await addNote(trx, id, { note: note || null, before: before || null })
      return notices.noted(note)
    })
  }

  async cancel(ctx: HttpContext) {
    const { version, cancellation } = await cancellationOfForm(ctx.request.body())
    return submit(ctx, async (trx, id) => {
      return notices.cancelled(await cancelOrder(trx, id, cancellation, ctx.account, version))
    })
  }

  async fulfil(ctx: HttpContext) {
    const parcel = await parcelOfForm(ctx.request.body())
    return submit(ctx, async (trx, id) => {
      return notices.fulfilled(await fulfilOrder(trx, id, parcel, ctx.account))
    })
  }

  async mail(ctx: HttpContext) {
    return submit(ctx, async (trx, id) => {
      return notices.resent(await resendMail(trx, id, ctx.params.mail, ctx.account))
    })
  }
}

/**
 * Applies a form to the order in the address, once even if it is submitted twice, and shows the order.
 *
 * @param change - makes the change and returns the notice to show
 */
async function submit(
  ctx: HttpContext,
  change: (trx: TransactionClientContract, id: string) => Promise<{ about: string; text: string }>
) {
  const id = orderId(ctx)
  notice(ctx, await submitOnce(ctx, db.connection('orders'), (trx) => change(trx, id)))
  return goTo(ctx, `/admin/orders/${id}`)
}
