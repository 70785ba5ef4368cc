import { STATUS_CODES } from 'node:http'
import app from '@adonisjs/core/services/app'
import { ExceptionHandler, type HttpContext } from '@adonisjs/core/http'
import { errors as vineErrors } from '@vinejs/vine'
import { publicUrl } from '#config/app'
import { pointer, Problem } from '#http/problem'
import { isMachineTrouble } from '#messaging/retry_policy'

/** Turns whatever was thrown into problem+json; nothing of our inside is in the answer. */
export default class HttpExceptionHandler extends ExceptionHandler {
  protected debug = false

  async handle(error: unknown, { request, response }: HttpContext) {
    const problem = asProblem(error)
    for (const [name, value] of Object.entries(problem.headers)) response.header(name, value)
    return response
      .status(problem.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .header('X-Request-Id', request.id()!)
      .send(
        JSON.stringify({
          type: `${publicUrl}/problems/${problem.code}`,
          title: STATUS_CODES[problem.status],
          status: problem.status,
          code: problem.code,
          detail: problem.message,
          instance: request.url(),
          requestId: request.id(),
          errors: problem.errors,
          ...problem.members,
        })
      )
  }

  async report(error: unknown, { logger, request }: HttpContext) {
    const { status } = asProblem(error)
    if (status < 500 || app.inTest) return
    if (status === 503) {
      logger.warn({ reason: (error as Error).message, path: request.url() }, 'request not served')
    } else {
      logger.error({ err: error, path: request.url() }, 'request failed')
    }
  }
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof vineErrors.E_VALIDATION_ERROR) return invalidFields(error)
  const { status, code, message } = error as { status?: number; code?: string; message?: string }
  if (code === 'E_ROUTE_NOT_FOUND') {
    return new Problem(404, 'no_such_address', 'There is nothing at this address.')
  }
  if (status === 413) {
    return new Problem(
      413,
      'body_too_large',
      'The body is larger than 256 KB. Send less at a time.'
    )
  }
  if (status === 400 || error instanceof SyntaxError) {
    return new Problem(400, 'malformed_json', `The body is not JSON: ${message}.`)
  }
  if (isMachineTrouble(error)) {
    return new Problem(
      503,
      'temporarily_unavailable',
      'The database does not answer. Nothing was done; repeat the request in a moment.',
      { headers: { 'Retry-After': '1' } }
    )
  }
  return new Problem(
    500,
    'internal_error',
    'Something failed here. It is logged under the request id.'
  )
}

function invalidFields(error: { messages: { field: string; rule: string; message: string }[] }) {
  const errors = error.messages.map(({ field, rule, message }) => ({
    pointer: rule === 'unknown_field' ? unknownField(field, message) : pointer(field),
    code: rule,
    detail: message,
  }))
  const [first] = errors
  return new Problem(422, 'invalid_fields', `${first.pointer} ${first.detail}`, { errors })
}

function unknownField(object: string, message: string) {
  const key = /^"(.*)" is not/s.exec(message)?.[1] ?? ''
  return pointer(object ? `${object}.${key}` : key)
}
