import type { HttpContext } from '@adonisjs/core/http'
import { goTo, notice } from '#admin/notices'
import { networkOf } from '#http/client_network'
import { auditSignIn } from '../../audit/write_audit.ts'
import { acceptInvitation } from '../../people/accept_invitation.ts'
import { openInvitation } from '../../people/invitation.ts'
import { beginSession } from '../../credentials/sessions.ts'
import { newPasswordFormValidator } from '../validators.ts'

/** The page behind the link in an invitation mail. Viewing it does not use up the invitation. */
export default class InvitationController {
  async show(ctx: HttpContext) {
    const token: unknown = ctx.request.input('token')
    const invitation = await openInvitation(token)
    if (!invitation) return gone(ctx)
    return ctx.view.render('accounts::pages/invitation', { invitation, token })
  }

  async accept(ctx: HttpContext) {
    const { request } = ctx
    const { password } = await newPasswordFormValidator.validate(request.body())
    const network = networkOf(request.ip())
    const account = await acceptInvitation(request.input('token'), password, network)
    if (!account) return gone(ctx)
    await auditSignIn(ctx, account, 303)
    await beginSession(ctx, account)
    notice(ctx, { about: account.name, text: `is signed in as ${account.role}` })
    return goTo(ctx, '/admin')
  }
}

async function gone({ response, view }: HttpContext) {
  return response.status(410).send(await view.render('accounts::pages/invitation_gone'))
}
