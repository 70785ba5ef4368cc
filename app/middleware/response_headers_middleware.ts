import type { HttpContext } from '@adonisjs/core/http'
import logger from '@adonisjs/core/services/logger'
import type { NextFn } from '@adonisjs/core/types/http'
import { settleRequestId } from '#http/request_id'

/** Every answer names its request, and none is kept or guessed at by a browser. */
export default class ResponseHeadersMiddleware {
  handle(ctx: HttpContext, next: NextFn) {
    const { request, response } = ctx
    const given = request.id()
    const id = settleRequestId(request.request.headers)
    // What is logged is found by the id that was answered.
    if (id !== given) ctx.logger = logger.child({ request_id: id })
    response.header('X-Request-Id', id)
    response.header('X-Content-Type-Options', 'nosniff')
    response.header('Cache-Control', 'no-store')
    return next()
  }
}
