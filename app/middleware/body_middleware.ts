import BodyParserMiddleware from '@adonisjs/core/bodyparser_middleware'
import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import bodyParserConfig from '#config/bodyparser'
import { unfinishedBodies } from '#http/server/unfinished_bodies'

const parser = new BodyParserMiddleware(bodyParserConfig)

/** Reads and parses the body within the limits on unfinished bodies. */
export default class BodyMiddleware {
  /** @throws Problem as `unfinishedBodies.read`, and the errors of the parser */
  async handle(ctx: HttpContext, next: NextFn) {
    const { request } = ctx
    if (!request.hasBody()) return parser.handle(ctx, next)
    const read = () => parser.handle(ctx, async () => {})
    await unfinishedBodies.read(request.ip(), request.request, read)
    return next()
  }
}
