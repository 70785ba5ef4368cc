/*
 * The headers that several operations read and answer with.
 */
import type { Schema } from '../json_schema.ts'

interface Header {
  description: string
  schema: Schema
  example?: string
}

/** `!`: the operation requires it. */
export type RequestHeader = `${keyof typeof requestHeaders}${'' | '!'}`
/** `?`: it is not on every such answer. */
export type ResponseHeader = `${keyof typeof responseHeaders}${'' | '?'}`

export const requestHeaders = {
  'Idempotency-Key': {
    description:
      'A name of your own making for this request, for example a UUID. Sent again with the same body, the request has one effect and gets the same answer. Send the same key when you repeat the request after a time-out. A key counts for one account, one method and one path; a trailing slash or another case of an id or SKU makes no other path.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  },
  'If-Match': {
    description:
      'The ETag of what you decided on, such as `"3"`. When somebody has changed it since, nothing is done and the answer is 412. `*` takes any version.',
    schema: { type: 'string', pattern: String.raw`^(\*|(W/)?"\d{1,9}")$` },
    example: '"3"',
  },
  'If-None-Match': {
    description: '`*`: list it only when it is new. When it is there, the answer is 412.',
    schema: { type: 'string', pattern: String.raw`^\*$` },
    example: '*',
  },
  'Prefer': {
    description:
      '`wait=N` holds the answer for up to N seconds (1 to 10) until inventory has answered.',
    schema: { type: 'string' },
    example: 'wait=5',
  },
  'Last-Event-ID': {
    description: 'The `id` of the last event that you have handled; the stream goes on after it.',
    schema: { type: 'string' },
  },
} satisfies Record<string, Header>

export const responseHeaders = {
  'X-Request-Id': {
    description: 'The name of this request in our logs. Quote it when you ask for help.',
    schema: { type: 'string' },
  },
  'ETag': {
    description: 'The version, for If-Match.',
    schema: { type: 'string', pattern: String.raw`^"\d+"$` },
    example: '"3"',
  },
  'Location': {
    description: 'Where the new thing is to be found.',
    schema: { type: 'string', format: 'uri-reference' },
  },
  'Retry-After': {
    description: 'The seconds after which to try again.',
    schema: { type: 'integer', minimum: 1 },
  },
  'Allow': {
    description: 'The methods that this address takes.',
    schema: { type: 'string' },
  },
  'WWW-Authenticate': {
    description: 'How to sign in.',
    schema: { type: 'string' },
    example: 'Bearer realm="quartermaster"',
  },
  'RateLimit-Limit': {
    description: 'The requests a minute that this customer may send.',
    schema: { type: 'integer', minimum: 1 },
  },
  'RateLimit-Remaining': {
    description: 'Those that are left.',
    schema: { type: 'integer', minimum: 0 },
  },
  'RateLimit-Reset': {
    description: 'The seconds until there are as many as at first.',
    schema: { type: 'integer', minimum: 0 },
  },
  'Idempotent-Replayed': {
    description: '`true` when this is the answer that was given to the same request before.',
    schema: { type: 'string', enum: ['true'] },
  },
  'Preference-Applied': {
    description: 'What of Prefer was followed.',
    schema: { type: 'string' },
    example: 'wait=5',
  },
} satisfies Record<string, Header>
