import type { HttpContext } from '@adonisjs/core/http'
import router from '@adonisjs/core/services/router'
import type { NextFn } from '@adonisjs/core/types/http'
import { ANY_PATH, noRoute } from '#http/no_route'
import { hasSessionCookie } from './same_origin_forms_middleware.ts'

/** Below `/admin`, after all other routes: signed-in people see an unknown path as a page with the navigation. */
export function missingPage() {
  router.get('*', ({ request }) => refuse(request)).as(ANY_PATH)
}

/** Opens no session for visitors without one, such as bots that try paths. */
export function unlessVisitor({ request }: HttpContext, next: NextFn) {
  return hasSessionCookie(request) ? next() : refuse(request)
}

function refuse(request: HttpContext['request']): never {
  throw noRoute(request)
}
