import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#http/problem'

/** Bodies are JSON and nothing else: a form or a text must not read as an empty body. */
export default class JsonBodyMiddleware {
  handle({ request }: HttpContext, next: NextFn) {
    const hasBody =
      request.header('transfer-encoding') !== undefined ||
      Number(request.header('content-length')) > 0
    if (hasBody && !/^application\/json\s*(;|$)/i.test(request.header('content-type') ?? '')) {
      throw new Problem(
        415,
        'unsupported_media_type',
        'Send the body as JSON, with the header "Content-Type: application/json".'
      )
    }
    const encoding = request.header('content-encoding')
    if (hasBody && encoding !== undefined && encoding !== 'identity') {
      throw new Problem(415, 'unsupported_encoding', 'Send the body without Content-Encoding.')
    }
    return next()
  }
}
