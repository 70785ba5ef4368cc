import type { HttpContext } from '@adonisjs/core/http'
import { plural } from '#admin/format'
import { goTo, notice } from '#admin/notices'
import { changeRole } from '../../people/change_role.ts'
import { disableAccount, enableAccount } from '../../people/disable_account.ts'
import { findPerson } from '../../people/list_people.ts'
import { endSessions } from '../../credentials/sessions.ts'
import { revokeTokens } from '../../credentials/tokens.ts'
import { idValidator, roleFormValidator, tokenValidator } from '../validators.ts'

/** An account's role, sessions and tokens, and whether it is enabled. */
export default class AccessController {
  async changeRole(ctx: HttpContext) {
    const { id } = await idValidator.validate(ctx.params)
    const { role } = await roleFormValidator.validate(ctx.request.body())
    const { name, before } = await changeRole(id, role, ctx.account)
    notice(ctx, {
      about: name,
      text:
        before === role ? `already has the role ${role}` : `role changed from ${before} to ${role}`,
    })
    return goTo(ctx, `/admin/people/${id}`)
  }

  async disable(ctx: HttpContext) {
    const { id } = await idValidator.validate(ctx.params)
    const { name, sessions, tokens } = await disableAccount(id, ctx.account)
    const text = `is disabled; ${plural(sessions, 'session')} and ${plural(tokens, 'token')} ended`
    notice(ctx, { about: name, text, undo: `/admin/people/${id}/enabling` })
    return goTo(ctx, `/admin/people/${id}`)
  }

  async enable(ctx: HttpContext) {
    const { id } = await idValidator.validate(ctx.params)
    const { name } = await enableAccount(id, ctx.account)
    notice(ctx, { about: name, text: 'can sign in again' })
    return goTo(ctx, `/admin/people/${id}`)
  }

  async endSession(ctx: HttpContext) {
    const { id, name } = await findPerson(ctx.params.id)
    const ended = await endSessions(id, { handle: ctx.params.session })
    notice(ctx, { about: name, text: `signed out of ${plural(ended, 'session')}` })
    return goTo(ctx, `/admin/people/${id}`)
  }

  async revokeToken(ctx: HttpContext) {
    const { id, token } = await tokenValidator.validate(ctx.params)
    const { name } = await findPerson(id)
    const revoked = await revokeTokens(id, token)
    notice(ctx, { about: name, text: `${plural(revoked, 'token')} revoked` })
    return goTo(ctx, `/admin/people/${id}`)
  }
}
