import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { formOf } from '#admin/failed_page'
import { goTo } from '#admin/notices'
import { isFetched } from '#admin/page_middleware'
import { accountOfSession } from './sessions.ts'
import { watchSession } from './credential_watcher.ts'

/** Authenticates requests of the admin pages by their session. Without one, sends the person to sign in. */
export default class SessionMiddleware {
  /** @param options.optional - also accepts requests without a session */
  async handle(ctx: HttpContext, next: NextFn, options: { optional?: boolean } = {}) {
    const { request, session } = ctx
    const account = await accountOfSession(session.sessionId)
    if (!account) return options.optional ? next() : signInFirst(ctx)
    ctx.account = account
    ctx.signIn = {
      whenEnded: (listener) => watchSession(session.sessionId, listener),
      ticketFor: () => ({ url: request.url(), expiresAt: new Date().toISOString() }),
    }
    return next()
  }
}

/** A submitted form is kept through the sign-in, so that no input is lost. */
async function signInFirst(ctx: HttpContext) {
  const { request, response, view } = ctx
  // Reload the whole page, not only the part that a script fetched.
  if (isFetched(ctx)) return response.header('HX-Refresh', 'true').send('')
  if (request.method() === 'GET' || request.method() === 'HEAD') {
    return goTo(ctx, `/admin/login?next=${encodeURIComponent(request.url(true))}`)
  }
  const resume = JSON.stringify(formOf(ctx))
  return response.status(401).send(await view.render('accounts::pages/login', { resume }))
}
