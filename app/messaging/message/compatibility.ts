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
export function breaks(before: JsonSchema, after: JsonSchema, place = ''): string[] {
  return [
    ...keywordBreaks(before, after, place || '/'),
    ...Object.entries<JsonSchema>(before.properties ?? {}).flatMap(([name, field]) =>
      fieldBreaks(field, after.properties?.[name], `${place}/${name}`)
    ),
    ...requiredBreaks(before, after, place),
    ...Object.entries(NESTED)
      .filter(([keyword]) => before[keyword] && after[keyword])
      .flatMap(([keyword, name]) => breaks(before[keyword], after[keyword], `${place}/${name}`)),
  ]
}

function fieldBreaks(before: JsonSchema, after: JsonSchema | undefined, place: string) {
  return after ? breaks(before, after, place) : [`${place} is gone`]
}

function requiredBreaks(before: JsonSchema, after: JsonSchema, place: string) {
  const [had, has] = [before, after].map(({ required = [] }) => required as string[])
  return [
    ...had
      .filter((name) => after.properties?.[name] && !has.includes(name))
      .map((name) => `${place}/${name} may be missing now`),
    ...has
      .filter((name) => !had.includes(name))
      .map((name) => `${place}/${name} must be there now: messages in the topic do not have it`),
  ]
}

/** All other keywords, such as type, bounds and enumerations, must stay the same. */
function keywordBreaks(before: JsonSchema, after: JsonSchema, place: string) {
  const nested = Object.keys(NESTED).filter((keyword) => before[keyword] && after[keyword])
  const elsewhere = [...ANNOTATIONS, 'properties', 'required', ...nested]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((keyword) => !elsewhere.includes(keyword))
    .filter((keyword) => !isDeepStrictEqual(before[keyword], after[keyword]))
    .map((keyword) => {
      const [was, is] = [before, after].map((of) => JSON.stringify(of[keyword]) ?? 'missing')
      return `${place}: ${keyword} was ${was}, is ${is}`
    })
}
