import type { HttpContext } from '@adonisjs/core/http'
import logger from '@adonisjs/core/services/logger'
import { ensureRequestId } from '#http/headers/request_id'

/** Adds the request id to the response, and forbids caching and content sniffing. */
export function setCommonHeaders(ctx: HttpContext) {
  const { request, response } = ctx
  const given = request.id()
  const id = ensureRequestId(request.request.headers)
  // Log entries carry the id that the client received.
  if (id !== given) ctx.logger = logger.child({ request_id: id })
  response.header('X-Request-Id', id)
  response.header('X-Content-Type-Options', 'nosniff')
  // A proxy that compresses a response of the API would change its ETag.
  const isApi = request.url().startsWith('/api/')
  response.header('Cache-Control', isApi ? 'no-store, no-transform' : 'no-store')
}
