import type { HttpContext, HttpRequest } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { goTo } from './notices.ts'

/**
 * Turns away what another site sends in the name of whoever looks at it, before a session is opened: their
 * form is not kept for them to send it, and the cookie of their session is not replaced.
 */
export default class OwnFormsMiddleware {
  handle(ctx: HttpContext, next: NextFn) {
    const isForm = !['GET', 'HEAD'].includes(ctx.request.method())
    return isForm && !isOwn(ctx.request) ? goTo(ctx, '/admin/login') : next()
  }
}

/** What browsers say of the site that a form is on. */
function isOwn(request: HttpRequest) {
  const site = request.header('sec-fetch-site')
  if (site) return site === 'same-origin'
  const origin = request.header('origin')
  if (origin) return URL.canParse(origin) && new URL(origin).host === request.host()
  // What says nothing is no browser, or an old one: none sends this cookie from another site.
  return /(^|; )quartermaster-session=/.test(request.header('cookie') ?? '')
}
