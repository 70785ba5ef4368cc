import type { HttpContext } from '@adonisjs/core/http'
import { cancelOrder } from '../../cancel_order.ts'
import { fulfilOrder } from '../../fulfil_order.ts'
import { addNote } from '../../add_note.ts'
import { reviseOrder } from '../../revise_order.ts'
import { resendMail } from '../../resend_mail.ts'
import { submitOrderForm } from './submit_order_form.ts'
import { cancellationOfForm, contactOfForm, linesOfForm, parcelOfForm } from './order_forms.ts'
import * as notices from './order_notices.ts'
import { noteFormValidator } from '../validators.ts'

/** The forms of the order page. */
export default class OrderFormsController {
  async lines(ctx: HttpContext) {
    const { version, revision } = await linesOfForm(ctx.request.body())
    return submitOrderForm(ctx, async (trx, id) => {
      return notices.revised(await reviseOrder(trx, id, revision, ctx.account, version))
    })
  }

  async contact(ctx: HttpContext) {
    const { version, revision } = await contactOfForm(ctx.request.body())
    return submitOrderForm(ctx, async (trx, id) => {
      return notices.corrected(await reviseOrder(trx, id, revision, ctx.account, version))
    })
  }

  async note(ctx: HttpContext) {
    const { note, before } = await noteFormValidator.validate(ctx.request.body())
    return submitOrderForm(ctx, async (trx, id) => {
      await addNote(trx, id, { note: note || null, before: before || null })
      return notices.noted(note)
    })
  }

  async cancel(ctx: HttpContext) {
    const { version, cancellation } = await cancellationOfForm(ctx.request.body())
    return submitOrderForm(ctx, async (trx, id) => {
      return notices.cancelled(await cancelOrder(trx, id, cancellation, ctx.account, version))
    })
  }

  async fulfil(ctx: HttpContext) {
    const parcel = await parcelOfForm(ctx.request.body())
    return submitOrderForm(ctx, async (trx, id) => {
      return notices.fulfilled(await fulfilOrder(trx, id, parcel, ctx.account))
    })
  }

  async mail(ctx: HttpContext) {
    return submitOrderForm(ctx, async (trx, id) => {
      return notices.resent(await resendMail(trx, id, ctx.params.mail, ctx.account))
    })
  }
}
