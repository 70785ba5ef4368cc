/*
 * The problems that an operation can answer with: its own, and those that follow from how it is called.
 */
import { problemKind, type ProblemCode } from '../problem_catalogue.ts'
import type { Operation, Section } from './description.ts'
import type { ResponseHeader } from './headers.ts'
import { ref, type Schema } from './schema.ts'

type Members = NonNullable<Section['members']>

/** Of every body that must arrive in time. */
const ARRIVAL: ProblemCode[] = [
  'body_timeout',
  'too_many_unfinished_bodies',
  'body_capacity_exceeded',
]

const BODY: ProblemCode[] = [
  ...ARRIVAL,
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
  'unsupported_encoding',
  'invalid_fields',
]

const UPLOAD: ProblemCode[] = [
  ...ARRIVAL,
  'body_too_large',
  'unsupported_media_type',
  'unsupported_encoding',
  'invalid_fields',
]

const KEY: ProblemCode[] = [
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'request_in_progress',
]

/** The codes that this operation can answer with, whatever the reason. */
export function problemCodes(address: string, operation: Operation): ProblemCode[] {
  const { access, body, upload, query, headers = [], problems = [] } = operation
  const reads = (name: string) => headers.some((header) => header.replace('!', '') === name)
  const table: [holds: unknown, codes: readonly ProblemCode[]][] = [
    [address.includes('{'), ['malformed_address']],
    [access !== 'open', ['token_invalid', 'token_in_query', 'rate_limited']],
    [access !== 'open' && access !== 'token welcome', ['token_missing']],
    [access === 'ticket', ['ticket_invalid']],
    [typeof access === 'object', ['role_not_allowed']],
    [query, ['invalid_fields']],
    [query && pages(query), ['invalid_cursor']],
    [body, BODY],
    [upload, UPLOAD],
    [reads('Idempotency-Key'), KEY],
    [headers.includes('Idempotency-Key!'), ['idempotency_key_missing']],
    [reads('If-Match'), ['if_match_malformed', 'version_moved']],
    [headers.includes('If-Match!'), ['if_match_required']],
    [reads('If-None-Match'), ['if_match_malformed', 'version_moved']],
    [true, problems],
    [true, ['internal_error', 'temporarily_unavailable']],
  ]
  return [...new Set(table.flatMap(([holds, codes]) => (holds ? codes : [])))]
}

function pages(query: NonNullable<Operation['query']>) {
  return 'cursor' in (query.toJSONSchema() as Schema).properties
}

/** What comes with a status. */
const HEADERS: Record<number, ResponseHeader[]> = {
  401: ['WWW-Authenticate'],
  409: ['Retry-After?', 'ETag?'],
  412: ['ETag?'],
  422: ['Retry-After?'],
  428: ['ETag?'],
  429: ['Retry-After'],
  503: ['Retry-After'],
}

/** The answers of one operation that are problems, by status. */
export function problemAnswers(codes: ProblemCode[], members: Members = {}) {
  const byStatus = Object.groupBy(codes, (code) => String(problemKind(code).status))
  return Object.entries(byStatus).map(([status, of]) => ({
    status,
    headers: HEADERS[Number(status)] ?? [],
    description: of!.map((code) => `- \`${code}\`: ${problemKind(code).title}`).join('\n'),
    schema: problemSchema(of!, members),
    codes: of!,
  }))
}

/** A problem with one of these codes, and the members that belong to it. */
function problemSchema(codes: ProblemCode[], members: Members): Schema {
  const plain = codes.filter((code) => !members[code])
  const kinds: Schema[] = codes
    .filter((code) => members[code])
    .map((code) => ({
      properties: { code: { const: code }, ...members[code] },
      required: ['code', ...Object.keys(members[code]!)],
    }))
  if (plain.length > 0) kinds.unshift({ properties: { code: { enum: plain } }, required: ['code'] })
  const kind = kinds.length === 1 ? kinds[0] : { oneOf: kinds }
  return { allOf: [ref('Problem')], ...kind, unevaluatedProperties: false }
}

/** A problem as it may be answered; each of `members` says an example. */
export function problemExample(
  code: ProblemCode,
  publicUrl: string,
  members: Record<string, Schema> = {}
) {
  const { status, title, cause } = problemKind(code)
  const own = Object.entries(members).map(([name, schema]) => [name, schema.examples[0]])
  return {
    summary: title,
    value: {
      type: `${publicUrl}/problems/${code}`,
      title,
      status,
      code,
      detail: cause,
      instance: '/api/v1/…',
      requestId: '5b0e7a52-8a0b-4b0e-9d6f-0d7c2f1e3a4b',
      errors: [],
      ...Object.fromEntries(own),
    },
  }
}
