/*
 * The errors of AdonisJS and its packages that a client causes, and the problem of each. The `status` of any other error
 * is ignored, because libraries set it to the status of another server's response.
 */
import type { IncomingMessage } from 'node:http'
import { Problem } from '#http/problem'
import type { ProblemCode } from '#http/problem_catalogue'
import { clientDisconnected } from '#http/server/unfinished_bodies'

/** By `code`, or by `type` for errors of raw-body. */
export const FRAMEWORK_ERRORS: Record<string, readonly [code: ProblemCode, detail: string]> = {
  'E_REQUEST_ENTITY_TOO_LARGE': [
    'body_too_large',
    'The body is larger than 256 KB. Split the request.',
  ],
  'E_ENCODING_UNSUPPORTED': [
    'unsupported_encoding',
    'Compressed bodies are not supported. Send the body without Content-Encoding.',
  ],
  'request.size.invalid': ['malformed_json', 'The body is not as long as its Content-Length.'],
  'E_BAD_CSRF_TOKEN': [
    'csrf_token_invalid',
    'The CSRF token is missing or outdated. Load the page again, and submit its form.',
  ],
  'E_UNAUTHORIZED_ACCESS': [
    'token_missing',
    'This request requires authentication. Sign in first.',
  ],
  'E_INVALID_CREDENTIALS': ['wrong_credentials', 'The e-mail address or the password is wrong.'],
  'E_TOO_MANY_REQUESTS': ['rate_limited', 'Too many requests. Retry later.'],
  'E_ROW_NOT_FOUND': ['not_found', 'No such resource.'],
}

interface FrameworkError {
  code?: string
  type?: string
  status?: number
  message: string
}

/** @returns null for an error that the server must answer for */
export function clientProblem(error: unknown, incoming: IncomingMessage): Problem | null {
  const { code = '', type = '', message } = error as FrameworkError
  if (isDisconnect({ code, type, message }, incoming)) return clientDisconnected()
  const known = FRAMEWORK_ERRORS[code] ?? FRAMEWORK_ERRORS[type]
  if (known) return new Problem(...known)
  return isBodyParsing(error, error as FrameworkError) ? malformedJson(message) : null
}

const DISCONNECTS = new Set([
  'E_REQUEST_ABORTED',
  'ECONNRESET',
  'ERR_STREAM_PREMATURE_CLOSE',
  'stream.not.readable',
])

/** Whether reading the body has failed because the connection has closed. */
function isDisconnect(
  { code, type, message }: Required<Omit<FrameworkError, 'status'>>,
  incoming: IncomingMessage
) {
  if (!incoming.readableAborted) return false
  return DISCONNECTS.has(code) || DISCONNECTS.has(type) || message === 'aborted'
}

/** The parser sets the status of errors of `JSON.parse`, and refuses JSON that is neither an object nor a list. */
function isBodyParsing(error: unknown, { status, message }: FrameworkError) {
  const isParsing = error instanceof SyntaxError || error instanceof RangeError
  return isParsing ? status === 400 : status === 422 && message.startsWith('Invalid JSON')
}

/** @param reason - of the parser, without a full stop */
export function malformedJson(reason: string) {
  const tooDeep = reason.startsWith('Maximum call stack')
  const why = tooDeep ? 'it is nested too deeply' : reason
  return new Problem('malformed_json', `The body is not valid JSON: ${why}.`)
}
