/*
 * Request and response headers that several operations share.
 */
import type { Schema } from '../json_schema.ts'

interface Header {
  description: string
  schema: Schema
  example?: string
}

/** With `!`: required. */
export type RequestHeader = `${keyof typeof requestHeaders}${'' | '!'}`
/** With `?`: not in every such response. */
export type ResponseHeader = `${keyof typeof responseHeaders}${'' | '?'}`

/** By header, or by header and use: `If-None-Match.read` is If-None-Match of a GET. */
export const requestHeaders = {
  'Idempotency-Key': {
    description:
      'A unique key for this request, for example a UUID. Requests with the same key and body have one effect and get the same response. Send the same key when you retry after a timeout. A key is unique per account, method and path; trailing slashes and the case of ids and SKUs make no difference.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  },
  'If-Match': {
    description:
      'The ETag of the version that the change is based on, such as `"3"`, or a list of them. If the resource has changed since, the response is 412 and nothing changes. `*` matches any version. Weak tags and the suffixes of proxies that compress (`"3-gzip"`) make no difference.',
    schema: { type: 'string' },
    example: '"3"',
  },
  'If-None-Match': {
    description: '`*` only creates. If the resource exists, the response is 412.',
    schema: { type: 'string', pattern: String.raw`^\*$` },
    example: '*',
  },
  'If-None-Match.read': {
    description:
      'The ETag of the version that you have, or a list of them. If it is the current one, the response is 304 without a body.',
    schema: { type: 'string' },
    example: '"3"',
  },
  'Prefer': {
    description:
      '`wait=N` delays the response until inventory has replied, for up to N seconds (1 to 10).',
    schema: { type: 'string' },
    example: 'wait=5',
  },
  'Last-Event-ID': {
    description: 'The `id` of the last event that you handled; the stream continues after it.',
    schema: { type: 'string' },
  },
} satisfies Record<string, Header>

export const responseHeaders = {
  'X-Request-Id': {
    description: 'The request id. Include it when you report a problem.',
    schema: { type: 'string' },
  },
  'ETag': {
    description:
      'The version, for If-Match and If-None-Match. If the representation changes without the version, as stock does, or has none, a hash of it follows.',
    schema: { type: 'string', pattern: String.raw`^"(\d+|(\d+\.)?[\da-f]{16})"$` },
    example: '"3"',
  },
  'Location': {
    description: 'The URL of the new resource.',
    schema: { type: 'string', format: 'uri-reference' },
  },
  'Retry-After': {
    description: 'Seconds to wait before retrying.',
    schema: { type: 'integer', minimum: 1 },
  },
  'Allow': {
    description: 'The methods that this path supports.',
    schema: { type: 'string' },
  },
  'WWW-Authenticate': {
    description: 'The authentication scheme.',
    schema: { type: 'string' },
    example: 'Bearer realm="quartermaster"',
  },
  'RateLimit-Limit': {
    description: 'Requests per minute that this customer may send.',
    schema: { type: 'integer', minimum: 1 },
  },
  'RateLimit-Remaining': {
    description: 'Requests left.',
    schema: { type: 'integer', minimum: 0 },
  },
  'RateLimit-Reset': {
    description: 'Seconds until the full limit is available again.',
    schema: { type: 'integer', minimum: 0 },
  },
  'Idempotent-Replayed': {
    description: '`true` if this is the stored response of an earlier request with the same key.',
    schema: { type: 'string', enum: ['true'] },
  },
  'Preference-Applied': {
    description: 'The preference that was applied.',
    schema: { type: 'string' },
    example: 'wait=5',
  },
} satisfies Record<string, Header>

/** Headers of a problem, by status. */
export const problemHeaders: Record<string, ResponseHeader[]> = {
  401: ['WWW-Authenticate'],
  409: ['Retry-After?', 'ETag?'],
  412: ['ETag?'],
  422: ['Retry-After?'],
  428: ['ETag?'],
  429: ['Retry-After'],
  503: ['Retry-After'],
}
