/*
 * Finds breaking changes of a message's schema. Within a version only optional fields are added: consumers
 * rely on the schema, and our own must read the messages that topics already store.
 */
import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from './message.ts'

/** Keywords without effect on validation. */
const ANNOTATIONS = ['$schema', 'title', 'description', 'examples']

/** Keywords that contain a schema, and their names in a path. */
const NESTED = { 'items': '*', 'x-key': '(key)' }

/** @returns one sentence per breaking change, each beginning with its path */
export function breaks(before: JsonSchema, after: JsonSchema, path = ''): string[] {
  return [
    ...keywordBreaks(before, after, path || '/'),
    ...Object.entries<JsonSchema>(before.properties ?? {}).flatMap(([name, field]) =>
      fieldBreaks(field, after.properties?.[name], `${path}/${name}`)
    ),
    ...requiredBreaks(before, after, path),
    ...Object.entries(NESTED)
      .filter(([keyword]) => before[keyword] && after[keyword])
      .flatMap(([keyword, name]) => breaks(before[keyword], after[keyword], `${path}/${name}`)),
  ]
}

function fieldBreaks(before: JsonSchema, after: JsonSchema | undefined, path: string) {
  return after ? breaks(before, after, path) : [`${path} was removed`]
}

function requiredBreaks(before: JsonSchema, after: JsonSchema, path: string) {
  const [had, has] = [before, after].map(({ required = [] }) => required as string[])
  return [
    ...had
      .filter((name) => after.properties?.[name] && !has.includes(name))
      .map((name) => `${path}/${name} is now optional`),
    ...has
      .filter((name) => !had.includes(name))
      .map((name) => `${path}/${name} is now required, but stored messages do not have it`),
  ]
}

/** All other keywords, such as type, bounds and enumerations, must stay the same. */
function keywordBreaks(before: JsonSchema, after: JsonSchema, path: string) {
  const nested = Object.keys(NESTED).filter((keyword) => before[keyword] && after[keyword])
  const elsewhere = [...ANNOTATIONS, 'properties', 'required', ...nested]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((keyword) => !elsewhere.includes(keyword))
    .filter((keyword) => !isDeepStrictEqual(before[keyword], after[keyword]))
    .map((keyword) => {
      const [was, is] = [before, after].map((of) => JSON.stringify(of[keyword]) ?? 'missing')
      return `${path}: ${keyword} was ${was}, is ${is}`
    })
}
