import app from '@adonisjs/core/services/app'
import { ExceptionHandler, type HttpContext, type HttpRequest } from '@adonisjs/core/http'
import { errors as vineErrors } from '@vinejs/vine'
import { isPage, showFailure } from '#admin/failed_page'
import { publicUrl } from '#config/app'
import { noRoute } from '#http/server/no_route'
import { memberPointer, pointer, Problem, problemBody } from '#http/problem'
import { isTransient } from '#postgres/errors'
import { clientProblem } from './framework_errors.ts'

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
  if ((error as { code?: string }).code === 'E_ROUTE_NOT_FOUND') return noRoute(request)
  const problem = clientProblem(error, request.request)
  if (problem) return problem
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
