import app from '@adonisjs/core/services/app'
import router from '@adonisjs/core/services/router'
import { ExceptionHandler, type HttpContext, type HttpRequest } from '@adonisjs/core/http'
import { errors as vineErrors } from '@vinejs/vine'
import { isPage, showFailure } from '#admin/failed_page'
import { publicUrl } from '#config/app'
import { memberPointer, pointer, Problem, problemBody } from '#http/problem'
import { isTransient } from '#postgres/errors'

/** Rejections under load. They are counted in metrics, not logged one by one. */
const COUNTED = new Set<string>([
  'too_many_placements',
  'body_capacity_exceeded',
  'temporarily_unavailable',
])

/** Describe a response that is not sent, because what follows it has failed: the audit, for example. */
const OF_ANOTHER_RESPONSE = ['ETag', 'Location', 'Preference-Applied', 'Idempotent-Replayed']

/** Turns every error into a problem that reveals no internals. */
export default class HttpExceptionHandler extends ExceptionHandler {
  protected debug = false

  async handle(error: unknown, ctx: HttpContext) {
    const { request, response } = ctx
    const problem = asProblem(error, request)
    ctx.refusedWith = problem.status
    if (isPage(ctx)) return showFailure(ctx, error, problem)
    for (const name of OF_ANOTHER_RESPONSE) response.removeHeader(name)
    for (const [name, value] of Object.entries(problem.headers)) response.header(name, value)
    return response
      .status(problem.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .header('X-Request-Id', request.id()!)
      .send(
        JSON.stringify(
          problemBody(problem, { publicUrl, url: request.request.url!, requestId: request.id()! })
        )
      )
  }

  async report(error: unknown, { logger, request }: HttpContext) {
    const { status } = asProblem(error, request)
    if (status < 500 || app.inTest) return
    if (error instanceof Problem && COUNTED.has(error.code!)) return
    if (status === 503) {
      logger.warn({ reason: (error as Error).message, path: request.url() }, 'request not served')
    } else {
      logger.error({ err: error, path: request.url() }, 'request failed')
    }
  }
}

function asProblem(error: unknown, request: HttpRequest): Problem {
  if (error instanceof Problem) return error
  if (error instanceof vineErrors.E_VALIDATION_ERROR) return invalidFields(error)
  const { status, code, message } = error as { status?: number; code?: string; message?: string }
  if (code === 'E_ROUTE_NOT_FOUND') return noRoute(request)
  if (status === 413) {
    return new Problem('body_too_large', 'The body is larger than 256 KB. Split the request.')
  }
  // The body parser's status for JSON that is neither an object nor a list is 422.
  if (status === 400 || status === 422 || error instanceof SyntaxError) {
    const tooDeep = message?.startsWith('Maximum call stack')
    const reason = tooDeep ? 'it is nested too deeply' : message
    return new Problem('malformed_json', `The body is not valid JSON: ${reason}.`)
  }
  if (isTransient(error)) {
    return new Problem(
      'temporarily_unavailable',
      'The database is unavailable. Retry after 1 second with the same Idempotency-Key, if the request has one.',
      { headers: { 'Retry-After': '1' } }
    )
  }
  return new Problem(
    'internal_error',
    'The server failed to process this request. The error is logged with the request id.'
  )
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** 404 for an unknown path, 405 for one that other methods reach. */
function noRoute(request: HttpRequest) {
  const allowed = METHODS.filter((method) => router.match(request.url(), method, false)).join(', ')
  if (!allowed)
    return new Problem('no_such_address', 'No route has this path. API paths begin with /api/v1.')
  return new Problem(
    'method_not_allowed',
    `This path does not support ${request.method()}. Use ${allowed}.`,
    { headers: { Allow: allowed } }
  )
}

function invalidFields(error: { messages: { field: string; rule: string; message: string }[] }) {
  const errors = error.messages.map(({ field, rule, message }) => ({
    pointer: rule === 'unknown_field' ? unknownField(field, message) : pointer(field),
    code: rule,
    detail: message,
  }))
  const [first] = errors
  const where = first.pointer || 'The body'
  return new Problem('invalid_fields', `${where} ${first.detail}`, { errors })
}

function unknownField(object: string, message: string) {
  const key = /^"(.*)" is not/s.exec(message)?.[1] ?? ''
  return pointer(object) + memberPointer(key)
}
