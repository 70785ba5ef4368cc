import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { isStaff } from '#contracts/actor'
import { writeDown, writeDownTheEnd } from './write_audit.ts'

/**
 * Writes down what people of the staff do, by page or by API. The row is there before the act, so that no
 * act is without one; how it ended is added after it.
 */
export default class AuditMiddleware {
  async handle(ctx: HttpContext, next: NextFn) {
    const { account, request } = ctx
    if (!account || !isStaff(account.role) || ['GET', 'HEAD'].includes(request.method())) {
      return next()
    }
    const id = await writeDown(ctx)
    try {
      return await next()
    } finally {
      await writeDownTheEnd(ctx, id)
    }
  }
}
