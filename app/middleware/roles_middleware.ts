import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import type { Role } from '#contracts/actor'
import { Problem } from '#http/problem'

/** Lets the named roles pass; stands behind the middleware that says who is calling. */
export default class RolesMiddleware {
  handle({ account }: HttpContext, next: NextFn, roles: Role[]) {
    if (!roles.includes(account.role)) {
      throw new Problem(
        403,
        'role_not_allowed',
        `This needs the role ${roles.join(' or ')}; you are signed in as ${account.role}.`
      )
    }
    return next()
  }
}
