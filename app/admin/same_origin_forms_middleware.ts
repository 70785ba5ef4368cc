import type { HttpContext, HttpRequest } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { goTo } from './notices.ts'

/**
 * Rejects forms that another site submits on behalf of its visitor. It runs before the session opens, so
 * that the form is not kept for submission after sign-in and the session cookie is not replaced.
 */
export default class SameOriginFormsMiddleware {
  handle(ctx: HttpContext, next: NextFn) {
    const isForm = !['GET', 'HEAD'].includes(ctx.request.method())
    return isForm && !isSameOrigin(ctx.request) ? goTo(ctx, '/admin/login') : next()
  }
}

/** Whether the browser reports that the form is on this site. */
function isSameOrigin(request: HttpRequest) {
  const site = request.header('sec-fetch-site')
  if (site) return site === 'same-origin'
  const origin = request.header('origin')
  if (origin) return URL.canParse(origin) && new URL(origin).host === request.host()
  // Neither header: no browser, or an old one, and none sends this cookie from another site.
  return hasSessionCookie(request)
}

export function hasSessionCookie(request: HttpRequest) {
  return /(^|; )quartermaster-session=/.test(request.header('cookie') ?? '')
}
