/*
 * Descriptions → one OpenAPI 3.1 document.
 */
import { notNull, type Schema } from '../json_schema.ts'
import type { ProblemCode } from '../problem_catalogue.ts'
import { commonSchemas } from './common.ts'
import type { Answer, Operation, Section } from './description.ts'
import { requestHeaders, responseHeaders, type ResponseHeader } from './headers.ts'
import { problemAnswers, problemCodes, problemExample } from './problems.ts'

export interface Whole {
  info: { title: string; version: string; description: string }
  /** Where the API is reached; no slash at the end. */
  publicUrl: string
  sections: Section[]
}

export function openApiDocument({ info, publicUrl, sections }: Whole) {
  const paths = pathItems(sections, publicUrl)
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
          description: 'An access token: `POST /api/v1/tokens` gives one.',
        },
        ticket: {
          type: 'apiKey',
          in: 'query',
          name: 'ticket',
          description: 'For browsers: `POST …/stream-tickets` gives the address with its ticket.',
        },
      },
      schemas: Object.assign({}, commonSchemas, ...sections.map(({ schemas }) => schemas)),
      parameters: usedIn(paths, 'parameters', (name: keyof typeof requestHeaders) =>
        parameter(name, 'header', requestHeaders[name])
      ),
      headers: usedIn(paths, 'headers', headerComponent),
      examples: usedIn(paths, 'examples', (code: ProblemCode) => problemExample(code, publicUrl)),
    },
  }
}

/** The components of a kind that the paths refer to. */
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
          ...refusals(name, operation, section, publicUrl),
          ...answers(operation),
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
  const words = typeof who === 'string' ? WHO[who] : `For ${who.join(', ')}.`
  return {
    description: [words, description].filter(Boolean).join('\n\n'),
    security: [
      ...(who === 'open' ? [] : [{ bearer: [] }]),
      ...(who === 'token welcome' ? [{}] : []),
      ...(who === 'ticket' ? [{ ticket: [] }] : []),
    ],
    ...(typeof who !== 'string' && { 'x-roles': who }),
  }
}

const WHO = {
  'signed in': 'For everyone who is signed in.',
  'ticket': 'For everyone who is signed in, or brings a ticket.',
  'token welcome': 'For everyone; an access token shows more to those who may see it.',
  'open': 'For everyone, without an access token.',
}

function request({ query, headers = [], body, upload }: Operation) {
  const schema = query?.toJSONSchema() as Schema | undefined
  const parameters = [
    ...Object.entries<Schema>(schema?.properties ?? {}).map(([name, { description, ...of }]) =>
      parameter(name, 'query', { description, schema: notNull(of) })
    ),
    ...headers.map((header) => requestHeader(header)),
  ]
  return {
    ...(parameters.length > 0 && { parameters }),
    ...(upload && { requestBody: fileBody(upload) }),
    ...(body && {
      requestBody: {
        required: !body.optional,
        content: {
          'application/json': {
            schema: body.schema.toJSONSchema(),
            examples: mapValues(body.examples, (value, summary) => ({ summary, value })),
          },
        },
      },
    }),
  }
}

function fileBody(type: string) {
  const file = { type: 'string', contentMediaType: type }
  const reference = { type: 'string', maxLength: 64, description: 'Your own.' }
  return {
    required: true,
    content: {
      [type]: { schema: { type: 'string' } },
      'multipart/form-data': {
        schema: { type: 'object', properties: { reference, file }, required: ['file'] },
      },
    },
  }
}

function requestHeader(header: string) {
  const name = header.replace('!', '')
  if (header === name) return { $ref: `#/components/parameters/${name}` }
  const { description, schema, ...example } = requestHeaders[name as keyof typeof requestHeaders]
  return parameter(name, 'header', { description, schema, ...example }, true)
}

function parameter(name: string, place: string, of: object, required = false) {
  return { name, in: place, required, ...of }
}

function answers({ access: who, answers: given }: Operation) {
  return mapValues(given, ({ description, schema, type, headers = [], example }: Answer) => ({
    description,
    headers: answerHeaders(headers, who),
    ...(schema && {
      content: {
        [type ?? 'application/json']: { schema, ...(example !== undefined && { example }) },
      },
    }),
  }))
}

function refusals(
  name: string,
  operation: Operation,
  { members = {} }: Section,
  publicUrl: string
) {
  const example = (code: ProblemCode) =>
    members[code]
      ? problemExample(code, publicUrl, members[code])
      : { $ref: `#/components/examples/${code}` }
  return Object.fromEntries(
    problemAnswers(problemCodes(name, operation), members).map(({ status, ...problem }) => [
      status,
      {
        description: problem.description,
        headers: answerHeaders(problem.headers, operation.access),
        content: {
          'application/problem+json': {
            schema: problem.schema,
            examples: Object.fromEntries(problem.codes.map((code) => [code, example(code)])),
          },
        },
      },
    ])
  )
}

/** Every answer names its request; a customer's says how many more there may be. */
function answerHeaders(headers: ResponseHeader[], who: Operation['access']) {
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
