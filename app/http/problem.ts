/*
 * Problem Details (RFC 9457): every refusal has a code that programs switch on, and words for people.
 */
import { Exception } from '@adonisjs/core/exceptions'

export interface FieldError {
  /** JSON pointer into the request's body (RFC 6901), for example `/lines/0/quantity`. */
  pointer: string
  code: string
  detail: string
}

export class Problem extends Exception {
  readonly errors: FieldError[]
  readonly headers: Record<string, string>
  /** Further members of the answer, for example `current`. */
  readonly members: Record<string, unknown>

  /**
   * @param detail - what happened here and what to do about it, as one or two sentences
   */
  constructor(
    status: number,
    code: string,
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
export function unprocessable(code: string, detail: string, errors: FieldError[] = []) {
  return new Problem(422, code, detail, { errors })
}

/** `lines.0.quantity` as vine writes it → `/lines/0/quantity`. */
export function pointer(path: string) {
  return path
    .split('.')
    .map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}
