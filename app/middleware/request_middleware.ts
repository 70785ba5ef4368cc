import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { requestDuration } from '#http/server/metrics'
import { continued, inTrace } from '#runtime/trace_context'
import { setCommonHeaders } from './response_headers.ts'
import { warnOfUnknownProxy } from './unknown_proxy.ts'

/**
 * Begins every request: continues the caller's trace or begins one, measures the request, logs it at `debug`, and sets
 * the headers that every response has. One middleware, because each costs a request several microseconds.
 */
export default class RequestMiddleware {
  handle(ctx: HttpContext, next: NextFn) {
    const trace = continued(ctx.request.header('traceparent'))
    const began = performance.now()
    ctx.response.response.once('close', () => {
      inTrace(trace, () => observe(ctx, (performance.now() - began) / 1_000))
    })
    return inTrace(trace, () => {
      setCommonHeaders(ctx)
      warnOfUnknownProxy(ctx)
      return next()
    })
  }
}

function observe({ request, response, route, logger }: HttpContext, seconds: number) {
  const raw = response.response
  // Requests without a route share one label, because anyone can request any path.
  const name = route?.name ?? route?.pattern ?? 'none'
  const status = raw.headersSent ? `${Math.floor(raw.statusCode / 100)}xx` : 'none'
  if (!String(raw.getHeader('content-type')).startsWith('text/event-stream')) {
    requestDuration.observe({ route: name, method: request.method(), status }, seconds)
  }
  if (!logger.isLevelEnabled('debug')) return
  const fields = { route: name, method: request.method(), status: raw.statusCode, seconds }
  logger.debug(fields, 'request completed')
}
