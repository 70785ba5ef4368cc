import type { HttpContext } from '@adonisjs/core/http'
import { plural } from '#admin/format'
import { goTo, notice } from '#admin/notices'
import { timeZone as shopZone } from '#config/app'
import { changePassword } from '../../sign_in/change_password.ts'
import Account from '../../models/account.ts'
import { endSessions, sessionsOf } from '../../credentials/sessions.ts'
import { passwordFormValidator, TIME_ZONES, timeZoneFormValidator } from '../validators.ts'

/** The signed-in person's own account: sessions, password and time zone. */
export default class MyAccountController {
  async show({ account, session, view }: HttpContext) {
    const sessions = await sessionsOf(account.id, session.sessionId)
    return view.render('accounts::pages/my_account', { sessions, zones: TIME_ZONES, shopZone })
  }

  async changePassword(ctx: HttpContext) {
    const { account, request, session } = ctx
    const passwords = await passwordFormValidator.validate(request.body())
    const here = { address: request.ip(), sessionId: session.sessionId }
    const ended = await changePassword(account, { ...passwords, ...here })
    const text = `is changed; ${plural(ended.sessions, 'other session')} and ${plural(ended.tokens, 'token')} ended`
    notice(ctx, { about: 'Your password', text })
    return goTo(ctx, '/admin/account')
  }

  async chooseTimeZone(ctx: HttpContext) {
    const { timeZone = null } = await timeZoneFormValidator.validate(ctx.request.body())
    await Account.query().where('id', ctx.account.id).update({ time_zone: timeZone })
    const text = `changed from ${ctx.zone} to ${timeZone ?? shopZone}`
    notice(ctx, { about: 'Your time zone', text })
    return goTo(ctx, '/admin/account')
  }

  async endOthers(ctx: HttpContext) {
    const ended = await endSessions(ctx.account.id, { exceptId: ctx.session.sessionId })
    notice(ctx, { about: plural(ended, 'other session'), text: 'ended; this session stays active' })
    return goTo(ctx, '/admin/account')
  }

  async endSession(ctx: HttpContext) {
    const ended = await endSessions(ctx.account.id, { handle: ctx.params.session })
    notice(ctx, { about: plural(ended, 'session'), text: 'ended' })
    return goTo(ctx, '/admin/account')
  }
}
