import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { goTo, notice, type Notice } from '#admin/notices'
import { notFound } from '#http/problem'
import type { MailSource } from '#mail/mail_rows'
import { giveUp, hold, sendNow } from '#mail/operators/change_pending'
import { resend } from '#mail/operators/resend'
import { mailQueue } from '#mail/queue'
import { operatorOf } from '../operator_of.ts'
import * as notices from '../operator_notices.ts'
import { mailValidator, shownMailValidator } from '../validators.ts'

/** Mails that wait, and mails that were given up. */
export default class MailsController {
  resend(ctx: HttpContext) {
    return change(ctx, (trx, _, id) => resend(trx, id), notices.sentAgain)
  }

  async sendNow(ctx: HttpContext) {
    const shown = await shownMailValidator.validate(ctx.request.body())
    return change(ctx, (trx, source, id) => sendNow(trx, source, id, shown), notices.sendingNow)
  }

  hold(ctx: HttpContext) {
    return change(ctx, hold, notices.held)
  }

  giveUp(ctx: HttpContext) {
    const { who } = operatorOf(ctx)
    return change(ctx, (trx, source, id) => giveUp(trx, source, id, who), notices.givenUp)
  }
}

async function change<Changed>(
  ctx: HttpContext,
  apply: (
    trx: TransactionClientContract,
    source: MailSource,
    id: string
  ) => Promise<Changed | null>,
  noticeOf: (changed: Changed) => Notice
) {
  const { module, id } = await mailValidator.validate(ctx.params)
  const source = mailQueue.source(module)
  if (!source) throw notFound('mail')
  ctx.auditSubject = id
  const changed = await db.connection(module).transaction((trx) => apply(trx, source, id))
  if (!changed) throw notFound('mail')
  notice(ctx, noticeOf(changed))
  return goTo(ctx, '/admin/operations')
}
