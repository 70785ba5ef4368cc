import { isUtf8 } from 'node:buffer'
import BodyParserMiddleware from '@adonisjs/core/bodyparser_middleware'
import type { HttpContext, HttpRequest } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import bodyParserConfig from '#config/bodyparser'
import { Problem } from '#http/problem'
import { unfinishedBodies } from '#http/server/unfinished_bodies'

/** The types in config/bodyparser.ts; of other types nothing is read. */
const PARSED = /^application\/(json|x-www-form-urlencoded)\s*(;|$)/i

const parser = new BodyParserMiddleware(bodyParserConfig)

/** Reads and parses the body within the limits on unfinished bodies. */
export default class BodyMiddleware {
  /** @throws Problem as `unfinishedBodies.read`, 400 `malformed_json`, 415 `unsupported_encoding`, and the errors of the parser */
  async handle(ctx: HttpContext, next: NextFn) {
    const { request } = ctx
    if (!request.hasBody()) return parser.handle(ctx, next)
    refuseCompressed(request)
    const incoming = request.request
    const received: Buffer[] = []
    const keep = (chunk: Buffer) => void received.push(chunk)
    if (PARSED.test(request.header('content-type') ?? '')) incoming.on('data', keep)
    try {
      const read = () => parser.handle(ctx, async () => {})
      await unfinishedBodies.read(request.ip(), incoming, read)
    } finally {
      // Discards the rest of a refused body, or the connection could not be reused.
      incoming.off('data', keep).resume()
    }
    refuseInvalidUtf8(request.raw(), received)
    return next()
  }
}

function refuseCompressed(request: HttpRequest) {
  const encoding = request.header('content-encoding') ?? 'identity'
  if (encoding === 'identity' || request.header('content-length') === '0') return
  throw new Problem(
    'unsupported_encoding',
    'Compressed bodies are not supported. Send the body without Content-Encoding.'
  )
}

/** The parser replaces invalid bytes by U+FFFD, which a valid text can contain too. */
function refuseInvalidUtf8(text: string | null, received: Buffer[]) {
  if (!text?.includes('\uFFFD') || isUtf8(Buffer.concat(received))) return
  throw new Problem('malformed_json', 'The body is not valid UTF-8. Encode its text as UTF-8.')
}
