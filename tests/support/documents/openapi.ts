/*
 * Checks every API request of the tests, by ApiClient or `fetch`, against /openapi.json. A test fails for a
 * response that is not documented, and for a request that is served or refused against the document.
 */
import { AssertionError } from 'node:assert'
import { ApiClient } from '@japa/api-client'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { composed, trimmed } from '#http/characters'
import { openApi } from '#start/documents/openapi'

/** As it is served; loosely typed, as it is read. */
export const document: { paths: Record<string, any>; components: Record<string, any> } =
  openApi('http://127.0.0.1:3333')

const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(closed(document), 'openapi')

/**
 * The document without room for later releases: this one sends no other fields, and no other values of an enumeration.
 */
function closed<Tree>(tree: Tree): Tree {
  if (Array.isArray(tree)) return tree.map(closed) as Tree
  if (!(tree instanceof Object) || tree instanceof Date) return tree
  const node = Object.fromEntries(Object.entries(tree).map(([name, of]) => [name, closed(of)]))
  const values = node['x-extensible-enum']
  if (values) node.enum = node.type.includes('null') ? [...values, null] : values
  if (node.type === 'object' && node.properties) node.additionalProperties ??= false
  return node as Tree
}

interface Exchange {
  method: string
  /** Path and query string. */
  url: string
  /** The body as JSON; undefined for none, and for what is no JSON. */
  sent: unknown
  status: number
  headers: Headers
  /** Null while it is streaming. */
  text: string | null
}

/** Headers with a meaning for clients. */
const OURS = [
  ...['Allow', 'ETag', 'Idempotent-Replayed', 'Location', 'Preference-Applied', 'Retry-After'],
  ...['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'WWW-Authenticate'],
]

/** Problems that belong to no operation. */
const NOBODYS = ['no_such_address', 'method_not_allowed', 'malformed_address']

/** @throws AssertionError that names the difference from the document */
export function hold(exchange: Exchange) {
  const { method, url, status, headers, text } = exchange
  const [path] = url.split('?')
  if (!path.startsWith('/api/v1/') || ['HEAD', 'OPTIONS'].includes(method)) return
  const type = headers.get('content-type')?.split(';')[0] ?? ''
  const body = text && type.endsWith('json') ? JSON.parse(text) : text
  if (NOBODYS.includes(body?.code)) return

  const promise = (kept: unknown, what: string) => {
    if (kept) return
    throw new AssertionError({
      message: `${method} ${url} ${status}: /openapi.json ${what}\n${text}`,
    })
  }
  const address = addressOf(path)
  const operation = document.paths[address ?? '']?.[method.toLowerCase()]
  promise(operation, 'does not have this operation')
  const at = ['paths', address!, method.toLowerCase()]
  const answer = operation.responses[status]
  promise(answer, 'does not have this status')
  for (const [name, header] of Object.entries<any>(answer.headers)) {
    promise(headers.has(name) || !isRequired(header), `promises the header ${name}`)
  }
  promise(type ? answer.content?.[type] : !answer.content, `does not have the type "${type}"`)
  for (const name of OURS.filter((one) => headers.has(one))) {
    promise(name in answer.headers, `does not have the header ${name}`)
  }
  if (answer.content?.['application/problem+json']) {
    const { examples, schema } = answer.content['application/problem+json']
    promise(body.code in examples, `does not have the problem "${body.code}"`)
    const faults = check(['components', 'schemas', nameOf(schema, body.code)], body)
    promise(!faults, `has another problem: ${faults}`)
  }
  if (answer.content && text !== null) {
    const faults = check([...at, 'responses', String(status), 'content', type, 'schema'], body)
    promise(!faults, `has another body: ${faults}`)
  }
  holdRequest(exchange, body, at, promise)
}

function holdRequest(
  { sent, status }: Exchange,
  body: any,
  at: string[],
  promise: (kept: unknown, what: string) => void
) {
  if (sent === undefined) return
  const schema = [...at, 'requestBody', 'content', 'application/json', 'schema']
  if (status < 300) {
    const faults = check(schema, asRead(sent))
    promise(!faults, `takes no such request: ${faults}`)
  }
  if (body?.code === 'invalid_fields') {
    promise(check(schema, sent) || beyondSchemas(sent, body, at), 'takes it')
  }
}

/** Blanks around a text are no part of it, and it is composed. */
function asRead(sent: unknown): unknown {
  return JSON.parse(JSON.stringify(sent), (_, value) =>
    typeof value === 'string' ? trimmed(composed(value)) : value
  )
}

/** What is wrong for a reason that no schema of the body can say. */
function beyondSchemas(sent: unknown, { detail, errors }: any, [, address]: string[]) {
  const halfCharacter = /\\ud[89a-f]/.test(JSON.stringify(sent))
  const inAddress = address.includes(`{${errors[0].pointer.slice(1)}}`)
  return (
    halfCharacter ||
    inAddress ||
    /with customerId|your account has no|on hand by|in a customer’s order|check digit/.test(detail)
  )
}

/** The schema of this problem: its own if it has members, else that of all problems. */
function nameOf(schema: { anyOf?: { $ref: string }[] }, code: string): string {
  const names = (schema.anyOf ?? []).map(({ $ref }) => $ref.split('/').at(-1)!)
  const { schemas } = document.components
  return names.find((name) => schemas[name].properties.code.const === code) ?? 'Problem'
}

function isRequired(header: { $ref?: string; required?: boolean }) {
  const name = header.$ref?.split('/').at(-1)
  return name ? document.components.headers[name].required : header.required
}

/**
 * `/api/v1/orders/0199…` → `/api/v1/orders/{id}`; an address without parts comes before one with. Slashes
 * too many and percent-encoded letters are another spelling of the same address.
 */
function addressOf(requested: string) {
  const path = decodeURI(requested)
    .replace(/\/+/g, '/')
    .replace(/(?<=.)\/$/, '')
  return Object.keys(document.paths)
    .sort((a, b) => a.split('{').length - b.split('{').length)
    .find((address) => new RegExp(`^${address.replace(/\{\w+\}/g, '[^/]+')}$`).test(path))
}

/** @returns the faults as one text; null when there are none */
function check(at: string[], value: unknown): string | null {
  const pointer = at.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
  const validate = ajv.getSchema(`openapi#/${pointer}`)
  if (!validate) return null
  return validate(value) ? null : ajv.errorsText(validate.errors)
}

/** From now on. */
export function watchTheApi() {
  ApiClient.teardown(({ request, response }) => {
    const { method, url } = request.request
    hold({
      method,
      url: pathOf(url),
      sent: json((request.request as { _data?: unknown })._data),
      status: response.status,
      headers: new Headers(response.headers),
      text: response.text ?? '',
    })
  })
  const unwatched = globalThis.fetch
  globalThis.fetch = async (input, init = {}) => {
    const response = await unwatched(input, init)
    const streams = response.headers.get('content-type')?.startsWith('text/event-stream')
    hold({
      method: init.method ?? 'GET',
      url: pathOf(String(input)),
      sent: json(init.body),
      status: response.status,
      headers: response.headers,
      text: streams ? null : await response.clone().text(),
    })
    return response
  }
}

function pathOf(url: string) {
  const { pathname, search } = new URL(url)
  return pathname + search
}

function json(body: unknown) {
  if (typeof body !== 'string')
    return body instanceof Object && !ArrayBuffer.isView(body) ? body : undefined
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
