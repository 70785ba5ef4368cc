import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#http/problem'

/** Accepts only JSON bodies, because the parser would read a form or plain text as an empty body. */
export default class JsonBodyMiddleware {
  handle({ request }: HttpContext, next: NextFn) {
    const hasBody =
      request.header('transfer-encoding') !== undefined ||
      Number(request.header('content-length')) > 0
    if (hasBody && !/^application\/json\s*(;|$)/i.test(request.header('content-type') ?? '')) {
      throw new Problem(
        'unsupported_media_type',
        'The Content-Type of the body must be application/json. Send the body as JSON with that header.'
      )
    }
    const encoding = request.header('content-encoding')
    if (hasBody && encoding !== undefined && encoding !== 'identity') {
      throw new Problem(
        'unsupported_encoding',
        'Compressed bodies are not supported. Send the body without Content-Encoding.'
      )
    }
    return next()
  }
}
