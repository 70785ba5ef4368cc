/*
 * Builds the OpenAPI 3.1 document from the descriptions of the modules.
 */
import { notNull, type Schema } from '../json_schema.ts'
import { problemKind, type ProblemCode } from '../problem_catalogue.ts'
import { commonSchemas } from './common.ts'
import type { Operation, Section, Success } from './description.ts'
import { problemHeaders, requestHeaders, responseHeaders, type ResponseHeader } from './headers.ts'
import { nameObjects, pascalCase } from './named_schemas.ts'
import { problemCodes, problemExample, problemSchema } from './problems.ts'

interface Contents {
  info: { title: string; version: string; description: string }
  /** Base URL of the API, without a slash at the end. */
  publicUrl: string
  sections: Section[]
}

export function openApiDocument({ info, publicUrl, sections }: Contents) {
  const schemas: Record<string, Schema> = {}
  for (const described of [commonSchemas, ...sections.map((section) => section.schemas)]) {
    Object.assign(schemas, nameObjects(described, schemas))
  }
  const paths = nameObjects(pathItems(sections, publicUrl), schemas)
  return {
    openapi: '3.1.1',
    info,
    servers: [{ url: publicUrl }],
    tags: sections.flatMap(({ tags }) => tags),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token, from `POST /api/v1/tokens`.',
        },
        ticket: {
          type: 'apiKey',
          in: 'query',
          name: 'ticket',
          description: 'For browsers: `POST …/stream-tickets` returns the URL with a ticket.',
        },
      },
      schemas,
      parameters: usedIn(paths, 'parameters', (name: keyof typeof requestHeaders) =>
        parameter(name.split('.')[0], 'header', requestHeaders[name])
      ),
      headers: usedIn(paths, 'headers', headerComponent),
      examples: usedIn(paths, 'examples', (code: ProblemCode) => problemExample(code, publicUrl)),
    },
  }
}

/** The components of one kind that the paths refer to. */
function usedIn<Name extends string>(paths: object, kind: string, make: (name: Name) => object) {
  const references = JSON.stringify(paths).matchAll(
    new RegExp(`"#/components/${kind}/([^"]+)"`, 'g')
  )
  const names = new Set([...references].map(([, name]) => name as Name))
  return Object.fromEntries([...names].sort().map((name) => [name, make(name)]))
}

function pathItems(sections: Section[], publicUrl: string) {
  const items: Record<string, Record<string, object>> = {}
  for (const section of sections) {
    for (const [name, operation] of Object.entries(section.operations)) {
      const [method, path] = name.split(' ')
      items[path] ??= pathItem(path, section)
      items[path][method.toLowerCase()] = {
        operationId: operation.id,
        tags: [operation.tag],
        summary: operation.summary,
        ...access(operation),
        ...request(operation),
        responses: {
          ...problems(name, operation, section, publicUrl),
          ...successes(operation),
        },
      }
    }
  }
  return items
}

function pathItem(path: string, { parameters }: Section): Record<string, object> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  if (names.length === 0) return {}
  return { parameters: names.map((name) => parameter(name, 'path', parameters[name], true)) }
}

function access({ access: who, description = '' }: Operation) {
  const words = typeof who === 'string' ? ACCESS[who] : `For ${who.join(', ')}.`
  return {
    description: [words, description].filter(Boolean).join('\n\n'),
    security: [
      ...(who === 'open' ? [] : [{ bearer: [] }]),
      ...(who === 'optional token' ? [{}] : []),
      ...(who === 'ticket' ? [{ ticket: [] }] : []),
    ],
    ...(typeof who !== 'string' && { 'x-roles': who }),
  }
}

const ACCESS = {
  'signed in': 'For every account.',
  'ticket': 'For every account, with an access token or a ticket.',
  'optional token': 'Public. With an access token, staff and services see more fields.',
  'open': 'Public, without an access token.',
}

function request({ id, query, headers = [], body, upload }: Operation) {
  const schema = query?.toJSONSchema() as Schema | undefined
  const parameters = [
    ...Object.entries<Schema>(schema?.properties ?? {}).map(([name, { description, ...of }]) =>
      parameter(name, 'query', { description, schema: notNull(of) })
    ),
    ...headers.map((header) => requestHeader(header)),
  ]
  return {
    ...(parameters.length > 0 && { parameters }),
    ...(upload && { requestBody: fileBody(id, upload) }),
    ...(body && {
      requestBody: {
        required: !body.optional,
        content: {
          'application/json': {
            schema: { ...body.schema.toJSONSchema(), title: `${pascalCase(id)}Request` },
            examples: mapValues(body.examples, (value, summary) => ({ summary, value })),
          },
        },
      },
    }),
  }
}

function fileBody(id: string, type: string) {
  const file = { type: 'string', format: 'binary', contentMediaType: type }
  const reference = { type: 'string', maxLength: 64, description: 'Your reference.' }
  return {
    required: true,
    content: {
      [type]: { schema: { type: 'string' } },
      'multipart/form-data': {
        schema: {
          title: `${pascalCase(id)}Upload`,
          type: 'object',
          properties: { reference, file },
          required: ['file'],
        },
      },
    },
  }
}

function requestHeader(header: string) {
  const name = header.replace('!', '')
  if (header === name) return { $ref: `#/components/parameters/${name}` }
  return parameter(name, 'header', requestHeaders[name as keyof typeof requestHeaders], true)
}

function parameter(name: string, place: string, of: object, required = false) {
  return { name, in: place, required, ...of }
}

function successes({ access: who, responses }: Operation) {
  return mapValues(responses, ({ description, schema, type, headers = [], example }: Success) => ({
    description,
    headers: headersOf(headers, who),
    ...(schema && {
      content: {
        [type ?? 'application/json']: { schema, ...(example !== undefined && { example }) },
      },
    }),
  }))
}

function problems(
  name: string,
  operation: Operation,
  { members = {} }: Section,
  publicUrl: string
) {
  const example = (code: ProblemCode) =>
    members[code]
      ? problemExample(code, publicUrl, members[code])
      : { $ref: `#/components/examples/${code}` }
  return mapValues(problemCodes(name, operation), (codes, status) => ({
    description: codes.map((code) => `- \`${code}\`: ${problemKind(code).title}`).join('\n'),
    headers: headersOf(problemHeaders[status] ?? [], operation.access),
    content: {
      'application/problem+json': {
        schema: problemSchema(codes, members),
        examples: Object.fromEntries(codes.map((code) => [code, example(code)])),
      },
    },
  }))
}

/** Every response has a request id, and those to customers the rate limit. */
function headersOf(headers: ResponseHeader[], who: Operation['access']) {
  const limit: ResponseHeader[] =
    who === 'open' ? [] : ['RateLimit-Limit?', 'RateLimit-Remaining?', 'RateLimit-Reset?']
  const all: ResponseHeader[] = ['X-Request-Id', ...limit, ...headers]
  return Object.fromEntries(
    all.map((header) => [
      header.replace('?', ''),
      { $ref: `#/components/headers/${header.replace('?', OPTIONAL)}` },
    ])
  )
}

const OPTIONAL = '.optional'

function headerComponent(component: string) {
  const name = component.replace(OPTIONAL, '') as keyof typeof responseHeaders
  return { required: component === name, ...responseHeaders[name] }
}

function mapValues<From, To>(of: Record<string, From>, to: (value: From, name: string) => To) {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, to(value, name)]))
}
