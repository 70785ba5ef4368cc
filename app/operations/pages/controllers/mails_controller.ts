import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { goTo, notice } from '#admin/notices'
import { notFound } from '#http/problem'
import { mailQueue } from '#mail/queue'
import { resend } from '#mail/resend'
import * as notices from '../operator_notices.ts'
import { mailValidator } from '../validators.ts'

/** Mails that were given up. */
export default class MailsController {
  async resend(ctx: HttpContext) {
    const { module, id } = await mailValidator.validate(ctx.params)
    if (!mailQueue.modules.includes(module)) throw notFound('mail')
    ctx.auditSubject = id
    const mail = await db.connection(module).transaction((trx) => resend(trx, id))
    if (!mail) throw notFound('mail')
    notice(ctx, notices.sentAgain(mail.kind))
    return goTo(ctx, '/admin/operations')
  }
}
