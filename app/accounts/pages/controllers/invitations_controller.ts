import type { HttpContext } from '@adonisjs/core/http'
import { goTo, notice } from '#admin/notices'
import { submitOnce } from '#http/idempotency'
import { accounts } from '../../database.ts'
import { invite, inviteAgain, withdraw } from '../../people/invite.ts'
import { idValidator, invitationFormValidator } from '../validators.ts'

/** Invitations to join the staff. */
export default class InvitationsController {
  async store(ctx: HttpContext) {
    const invited = await invitationFormValidator.validate(ctx.request.body())
    const { name, email } = await submitOnce(ctx, accounts(), (trx) => invite(trx, invited))
    ctx.auditSubject = email
    notice(ctx, { about: name, text: `is invited. A mail is on its way to ${email}` })
    return goTo(ctx, '/admin/people')
  }

  async resend(ctx: HttpContext) {
    const { id } = await idValidator.validate(ctx.params)
    const { name, email } = await submitOnce(ctx, accounts(), (trx) => inviteAgain(trx, id))
    ctx.auditSubject = email
    notice(ctx, {
      about: name,
      text: `gets a new link at ${email}. The previous link no longer works`,
    })
    return goTo(ctx, '/admin/people')
  }

  async destroy(ctx: HttpContext) {
    const { id } = await idValidator.validate(ctx.params)
    const { name, email } = await submitOnce(ctx, accounts(), (trx) => withdraw(trx, id))
    ctx.auditSubject = email
    notice(ctx, { about: name, text: 'is no longer invited. The link no longer works' })
    return goTo(ctx, '/admin/people')
  }
}
