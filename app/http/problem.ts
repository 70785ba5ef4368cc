/*
 * Problem Details (RFC 9457): every refusal has a code that programs switch on, and words for people.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Exception } from '@adonisjs/core/exceptions'
import {
  problemCatalogue,
  type CodeOf,
  type ProblemCode,
  type StatusOf,
} from './problem_catalogue.ts'
import { settleRequestId } from './request_id.ts'

export interface FieldError {
  /** JSON pointer into the request's body (RFC 6901), for example `/lines/0/quantity`. */
  pointer: string
  code: string
  detail: string
}

export class Problem<Code extends ProblemCode = ProblemCode> extends Exception {
  readonly errors: FieldError[]
  readonly headers: Record<string, string>
  /** Further members of the answer, for example `current`. */
  readonly members: Record<string, unknown>

  /**
   * @param detail - what happened here and what to do about it, as one or two sentences
   */
  constructor(
    status: StatusOf<Code>,
    code: Code,
    detail: string,
    options: {
      errors?: FieldError[]
      headers?: Record<string, string>
      members?: Record<string, unknown>
    } = {}
  ) {
    super(detail, { status, code })
    this.errors = options.errors ?? []
    this.headers = options.headers ?? {}
    this.members = options.members ?? {}
  }
}

/** Not there, or somebody else's: nobody learns which. */
export function notFound(what: string) {
  return new Problem(404, 'not_found', `There is no such ${what}.`)
}

/** The body says something that cannot be done, at these places. */
export function unprocessable(code: CodeOf<422>, detail: string, errors: FieldError[] = []) {
  return new Problem(422, code, detail, { errors })
}

/** `lines.0.quantity` as vine writes it → `/lines/0/quantity`; the whole body is the empty text. */
export function pointer(path: string) {
  return path === '' ? '' : path.split('.').map(memberPointer).join('')
}

/** The last part of a pointer: one member, whatever its name. */
export function memberPointer(name: string) {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/**
 * A problem as it is answered.
 *
 * @param at.publicUrl - where the pages about problems are
 * @param at.url - of the request, as it was sent: decoded it may be no URI
 */
export function problemBody(
  { status, code, message: detail, errors, members }: Problem,
  { publicUrl, url, requestId }: { publicUrl: string; url: string; requestId: string }
) {
  const type = `${publicUrl}/problems/${code}`
  const { title } = problemCatalogue[code as ProblemCode]
  const [instance] = url.split('?')
  return { type, title, status, code, detail, instance, requestId, errors, ...members }
}

/** For an address that cannot even be read, such as `/%ff`: no route and no middleware sees it. */
export function refuseBadAddress(publicUrl: string) {
  return ({ url = '/', headers }: IncomingMessage, response: ServerResponse) => {
    const problem = new Problem(
      400,
      'malformed_address',
      'The address has percent-encoded bytes that are no UTF-8.'
    )
    const requestId = settleRequestId(headers)
    response.writeHead(problem.status, {
      'content-type': 'application/problem+json; charset=utf-8',
      'X-Request-Id': requestId,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    })
    response.end(JSON.stringify(problemBody(problem, { publicUrl, url, requestId })))
  }
}
