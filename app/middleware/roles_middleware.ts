import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import type { Role } from '#contracts/actor'
import { Problem } from '#http/problem'

/** Allows only the given roles. Runs after the middleware that authenticates. */
export default class RolesMiddleware {
  handle({ account }: HttpContext, next: NextFn, roles: Role[]) {
    if (!roles.includes(account.role)) {
      throw new Problem(
        'role_not_allowed',
        `This operation requires the role ${roles.join(' or ')}, but your role is ${account.role}.`
      )
    }
    return next()
  }
}
