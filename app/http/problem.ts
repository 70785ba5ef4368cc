/*
 * Problem Details (RFC 9457): every error response has a code for programs and a text for people.
 */
import { Exception } from '@adonisjs/core/exceptions'
import { problemKind, type ProblemCode } from './problem_catalogue.ts'

export interface FieldError {
  /** JSON pointer into the request's body (RFC 6901), for example `/lines/0/quantity`. */
  pointer: string
  code: string
  detail: string
}

export class Problem extends Exception {
  readonly errors: FieldError[]
  readonly headers: Record<string, string>
  /** Further members of the response, for example `current`. */
  readonly members: Record<string, unknown>

  /** @param detail - what is wrong with this request and what to send instead, in one or two sentences */
  constructor(
    code: ProblemCode,
    detail: string,
    options: {
      errors?: FieldError[]
      headers?: Record<string, string>
      members?: Record<string, unknown>
    } = {}
  ) {
    super(detail, { status: problemKind(code).status, code })
    this.errors = options.errors ?? []
    this.headers = options.headers ?? {}
    this.members = options.members ?? {}
  }
}

/** For a resource that is missing or belongs to somebody else; the response does not reveal which. */
export function notFound(what: string) {
  return new Problem('not_found', `No such ${what}.`)
}

/** For a well-formed request that cannot be carried out because of these fields. @param code - of a 422 problem */
export function unprocessable(code: ProblemCode, detail: string, errors: FieldError[] = []) {
  return new Problem(code, detail, { errors })
}

/** Converts vine's `lines.0.quantity` to `/lines/0/quantity`. The whole body is the empty string. */
export function pointer(path: string) {
  return path === '' ? '' : path.split('.').map(memberPointer).join('')
}

/** The part of a pointer that names a member, with `~` and `/` escaped. */
export function memberPointer(name: string) {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/**
 * A problem as a response body.
 *
 * @param at.publicUrl - base URL of the problem pages
 * @param at.url - of the request, undecoded, because a decoded one may not be a URI
 */
export function problemBody(
  { status, code, message: detail, errors, members }: Problem,
  { publicUrl, url, requestId }: { publicUrl: string; url: string; requestId: string }
) {
  const type = `${publicUrl}/problems/${code}`
  const { title } = problemKind(code as ProblemCode)
  const [instance] = url.split('?')
  return { type, title, status, code, detail, instance, requestId, errors, ...members }
}
