/*
 * The problems of an operation: those that it declares, and those that follow from its access, headers and body.
 */
import { problemKind, type ProblemCode } from '../problem_catalogue.ts'
import type { Operation, Section } from './description.ts'
import { commonSchemas } from './common.ts'
import { pascalCase } from './named_schemas.ts'
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

/** The problems that have members of their own, and any other: later releases may add codes. */
export function problemSchema(codes: ProblemCode[], members: Members): Schema {
  const own = codes.flatMap((code) => (members[code] ? problemWith(code, members[code]) : []))
  return own.length > 0 ? { anyOf: [...own, ref('Problem')] } : ref('Problem')
}

function problemWith(code: ProblemCode, members: Record<string, Schema>): Schema {
  const { description, ...problem } = commonSchemas.Problem
  return {
    ...problem,
    title: `${pascalCase(code)}Problem`,
    properties: { ...problem.properties, code: { type: 'string', const: code }, ...members },
    required: [...problem.required, ...Object.keys(members)],
  }
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
