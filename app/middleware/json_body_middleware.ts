import type { IncomingMessage } from 'node:http'
import type { HttpContext, HttpRequest } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#http/problem'
import { unfinishedBodies } from '#http/server/unfinished_bodies'

/** Accepts only JSON bodies, because the parser would read a form or plain text as an empty body. */
export default class JsonBodyMiddleware {
  async handle({ request }: HttpContext, next: NextFn) {
    if (hasBody(request) && !isJson(request)) await refuseUnlessEmpty(request)
    return next()
  }
}

function hasBody(request: HttpRequest) {
  return isChunked(request) || Number(request.header('content-length')) > 0
}

function isChunked(request: HttpRequest) {
  return request.header('transfer-encoding') !== undefined
}

function isJson(request: HttpRequest) {
  return /^application\/json\s*(;|$)/i.test(request.header('content-type') ?? '')
}

/** Whether a chunked body is empty shows only when it arrives. */
async function refuseUnlessEmpty(request: HttpRequest) {
  const incoming = request.request
  const isEmpty =
    isChunked(request) &&
    (await unfinishedBodies.read(request.ip(), incoming, () => endsWithoutBytes(incoming)))
  if (!isEmpty) {
    throw new Problem(
      'unsupported_media_type',
      'The Content-Type of the body must be application/json. Send the body as JSON with that header.'
    )
  }
  // From here on the request has no body, because the parser could not read its end again.
  delete incoming.headers['transfer-encoding']
}

/** Discards the body, so that the connection can be reused. */
async function endsWithoutBytes(incoming: IncomingMessage): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  // Also emitted where there is nothing to read.
  const onReadable = () => incoming.read() !== null && resolve(false)
  incoming.on('readable', onReadable)
  incoming.once('end', () => resolve(true))
  incoming.once('error', reject)
  return promise.finally(() => incoming.off('readable', onReadable).resume())
}
