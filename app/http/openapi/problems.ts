/*
 * The problems of an operation: those that it declares, and those that follow from its access, headers and body.
 */
import { problemKind, type ProblemCode } from '../problem_catalogue.ts'
import type { Operation, Section } from './description.ts'
import { ref, type Schema } from './schema.ts'

type Members = NonNullable<Section['members']>

const BODY: ProblemCode[] = [
  'body_timeout',
  'too_many_unfinished_bodies',
  'body_capacity_exceeded',
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

/** The codes of all problems of an operation, by status. */
export function problemCodes(path: string, operation: Operation) {
  const { access, body, upload, query, headers = [], problems = [] } = operation
  const reads = (name: string) => headers.some((header) => header.replace('!', '') === name)
  const table: [applies: unknown, codes: readonly ProblemCode[]][] = [
    [path.includes('{'), ['malformed_address']],
    [access !== 'open', ['token_invalid', 'token_in_query', 'rate_limited']],
    [access !== 'open' && access !== 'optional token', ['token_missing']],
    [access === 'ticket', ['ticket_invalid']],
    [typeof access === 'object', ['role_not_allowed']],
    [query, ['invalid_fields']],
    [query && isPaged(query), ['invalid_cursor']],
    [body || upload, BODY],
    [body, ['malformed_json']],
    [reads('Idempotency-Key'), KEY],
    [headers.includes('Idempotency-Key!'), ['idempotency_key_missing']],
    [reads('If-Match'), ['if_match_malformed', 'version_moved']],
    [headers.includes('If-Match!'), ['if_match_required']],
    [reads('If-None-Match'), ['if_match_malformed', 'version_moved']],
    [true, problems],
    [true, ['internal_error', 'temporarily_unavailable']],
  ]
  const all = new Set(table.flatMap(([applies, codes]) => (applies ? codes : [])))
  const byStatus = Object.groupBy(all, (code) => String(problemKind(code).status))
  return byStatus as Record<string, ProblemCode[]>
}

function isPaged(query: NonNullable<Operation['query']>) {
  return 'cursor' in (query.toJSONSchema() as Schema).properties
}

/** A problem with one of these codes and the members of that code. */
export function problemSchema(codes: ProblemCode[], members: Members): Schema {
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

/** An example of a problem. Each schema of `members` has an example. */
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
