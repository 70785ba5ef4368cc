import type { HttpContext } from '@adonisjs/core/http'
import { goTo, notice } from '#admin/notices'
import { writeDownPassage } from '../../audit/write_audit.ts'
import { acceptInvitation } from '../../people/accept_invitation.ts'
import { openInvitation } from '../../people/invitation.ts'
import { beginSession } from '../../sessions.ts'
import { newPasswordFormValidator } from '../validators.ts'

/** For those who were invited: the page behind the link in the mail. Looking at it uses nothing up. */
export default class InvitationController {
  async show(ctx: HttpContext) {
    const token: unknown = ctx.request.input('token')
    const invitation = await openInvitation(token)
    if (!invitation) return gone(ctx)
    return ctx.view.render('accounts::pages/invitation', { invitation, token })
  }

  async accept(ctx: HttpContext) {
    const { password } = await newPasswordFormValidator.validate(ctx.request.body())
    const account = await acceptInvitation(ctx.request.input('token'), password)
    if (!account) return gone(ctx)
    await writeDownPassage(ctx, account, 303)
    await beginSession(ctx, account)
    notice(ctx, { about: account.name, text: `is signed in, as ${account.role}` })
    return goTo(ctx, '/admin')
  }
}

async function gone({ response, view }: HttpContext) {
  return response.status(410).send(await view.render('accounts::pages/invitation_gone'))
}
