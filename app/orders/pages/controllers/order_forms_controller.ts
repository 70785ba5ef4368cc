import type { HttpContext } from '@adonisjs/core/http'
import { cancelOrder } from '../../cancel_order.ts'
import { fulfilOrder } from '../../fulfil_order.ts'
import { noteOrder } from '../../note_order.ts'
import { reviseOrder } from '../../revise_order.ts'
import { sendMailAgain } from '../../send_mail_again.ts'
import { oneChange } from '../one_change.ts'
import { cancellationOfForm, contactOfForm, linesOfForm, parcelOfForm } from '../order_forms.ts'
import * as says from '../order_notices.ts'
import { noteFormValidator } from '../validators.ts'

/** What a person at the desk does to one order. */
export default class OrderFormsController {
  async lines(ctx: HttpContext) {
    const { version, revision } = await linesOfForm(ctx.request.body())
    return oneChange(ctx, async (trx, id) => {
      return says.revised(await reviseOrder(trx, id, revision, ctx.account, version))
    })
  }

  async contact(ctx: HttpContext) {
    const { version, revision } = await contactOfForm(ctx.request.body())
    return oneChange(ctx, async (trx, id) => {
      return says.corrected(await reviseOrder(trx, id, revision, ctx.account, version))
    })
  }

  async note(ctx: HttpContext) {
    const { note, before } = await noteFormValidator.validate(ctx.request.body())
    return oneChange(ctx, async (trx, id) => {
      await noteOrder(trx, id, { note: note || null, before: before || null })
      return says.noted(note)
    })
  }

  async cancel(ctx: HttpContext) {
    const { version, cancellation } = await cancellationOfForm(ctx.request.body())
    return oneChange(ctx, async (trx, id) => {
      return says.cancelled(await cancelOrder(trx, id, cancellation, ctx.account, version))
    })
  }

  async fulfil(ctx: HttpContext) {
    const parcel = await parcelOfForm(ctx.request.body())
    return oneChange(ctx, async (trx, id) => {
      return says.fulfilled(await fulfilOrder(trx, id, parcel, ctx.account))
    })
  }

  async mail(ctx: HttpContext) {
    return oneChange(ctx, async (trx, id) => {
      return says.sentAgain(await sendMailAgain(trx, id, ctx.params.mail, ctx.account))
    })
  }
}
