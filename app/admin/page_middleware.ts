import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { timeZone } from '#config/app'
import { day, time } from './format.ts'
import { navigation } from './navigation.ts'
import type { Refused } from './notices.ts'

declare module '@adonisjs/core/http' {
  interface HttpContext {
    /** IANA name of the time zone in which the signed-in person reads days and times. */
    zone: string
  }
}

/** Shares the person, the navigation and the result of the last form with every admin page. */
export default class PageMiddleware {
  handle(ctx: HttpContext, next: NextFn) {
    const { account, request, session, view } = ctx
    const zone = account?.timeZone ?? timeZone
    ctx.zone = zone
    // Only if there are any: an unnecessary write of the session would undo a concurrent form's notice.
    if (isPart(ctx) && !session.flashMessages.isEmpty) session.reflash()
    const refused: Refused | null = session.flashMessages.get('refused') ?? null
    view.share({
      me: account ?? null,
      zone,
      path: request.url(),
      ...(account && navigation(account.role, request.url())),
      notice: session.flashMessages.get('notice') ?? null,
      refused,
      refusalOf: (form: string) => (refused?.form === form ? refused : null),
      time: (at: Date | string) => time(at, zone),
      day: (at: Date | string) => day(at, zone),
      may: (...roles: string[]) => account !== undefined && roles.includes(account.role),
    })
    return next()
  }
}

/** A request for a part of a page, or for its stream, must not consume the notice of the next page. */
function isPart(ctx: HttpContext) {
  return isFetched(ctx) || ctx.request.header('accept') === 'text/event-stream'
}

/** Whether a script fetches a part of a page. */
export function isFetched({ request }: HttpContext) {
  return request.header('hx-request') !== undefined && !request.header('hx-boosted')
}
