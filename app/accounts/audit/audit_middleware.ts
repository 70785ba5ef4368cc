import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { isStaff } from '#contracts/actor'
import { beginEntry, endEntry } from './write_audit.ts'

/**
 * Audits staff actions in the pages and the API. The entry is stored before the action, so that every
 * action has one; its result is added afterwards.
 */
export default class AuditMiddleware {
  async handle(ctx: HttpContext, next: NextFn) {
    const { account, request } = ctx
    if (!account || !isStaff(account.role) || ['GET', 'HEAD'].includes(request.method())) {
      return next()
    }
    const id = await beginEntry(ctx)
    try {
      return await next()
    } finally {
      await endEntry(ctx, id)
    }
  }
}
