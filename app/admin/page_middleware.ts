import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { timeZone } from '#config/app'
import { day, time } from './format.ts'
import { navigation } from './navigation.ts'
import type { Refused } from './notices.ts'

declare module '@adonisjs/core/http' {
  interface HttpContext {
    /** IANA name: whose days and clock the person at the admin pages reads. */
    zone: string
  }
}

/** Hands every admin page what its layout and its parts know of the person and of the last form. */
export default class PageMiddleware {
  handle(ctx: HttpContext, next: NextFn) {
    const { account, request, session, view } = ctx
    const zone = account?.timeZone ?? timeZone
    ctx.zone = zone
    // Only where there are any: a session that is written needlessly undoes what a form says meanwhile.
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

/** What brings in a part of a page, or follows it, must not take the words that the next page is to say. */
function isPart(ctx: HttpContext) {
  return isFetched(ctx) || ctx.request.header('accept') === 'text/event-stream'
}

/** A part of a page that a script looks at again. */
export function isFetched({ request }: HttpContext) {
  return request.header('hx-request') !== undefined && !request.header('hx-boosted')
}
