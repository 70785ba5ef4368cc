import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { formOf } from '#admin/failed_page'
import { goTo } from '#admin/notices'
import { isFetched } from '#admin/page_middleware'
import { accountAtDesk } from './sessions.ts'
import { watchSession } from './watched_sign_ins.ts'

/** Says who sits at the desk, from the session; whoever has none signs in first and comes back. */
export default class DeskMiddleware {
  async handle(ctx: HttpContext, next: NextFn) {
    const { request, session } = ctx
    const account = await accountAtDesk(session.sessionId)
    if (!account) return signInFirst(ctx)
    ctx.account = account
    ctx.signIn = {
      whenEnded: (listener) => watchSession(session.sessionId, listener),
      ticketFor: () => ({ url: request.url(), expiresAt: new Date().toISOString() }),
    }
    return next()
  }
}

/** Nothing typed is lost: a form travels through the sign-in and can be sent after it. */
async function signInFirst(ctx: HttpContext) {
  const { request, response, view } = ctx
  // The whole page goes to the sign-in, not the part of it that was looked at again.
  if (isFetched(ctx)) return response.header('HX-Refresh', 'true').send('')
  if (request.method() === 'GET' || request.method() === 'HEAD') {
    return goTo(ctx, `/admin/login?next=${encodeURIComponent(request.url(true))}`)
  }
  const resume = JSON.stringify(formOf(ctx))
  return response.status(401).send(await view.render('accounts::pages/login', { resume }))
}
