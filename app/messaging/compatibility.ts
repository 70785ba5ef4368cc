/*
 * What a change of a message's schema would break. Within a version only optional fields are added: a
 * consumer relies on what it was promised, and our own must read what lies in the topics already.
 */
import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from './message.ts'

/** They are for people. */
const WORDS = ['$schema', 'title', 'description', 'examples']

/** Keywords that hold a schema, and what it stands for in a place. */
const NESTED = { 'items': '*', 'x-key': '(key)' }

/** @returns each break in a sentence that begins with its place; none: every consumer can go on */
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

/** Type, bounds, values of an enumeration: whatever else a schema says, it must go on saying. */
function keywordBreaks(before: JsonSchema, after: JsonSchema, place: string) {
  const nested = Object.keys(NESTED).filter((keyword) => before[keyword] && after[keyword])
  const elsewhere = [...WORDS, 'properties', 'required', ...nested]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((keyword) => !elsewhere.includes(keyword))
    .filter((keyword) => !isDeepStrictEqual(before[keyword], after[keyword]))
    .map((keyword) => {
      const [was, is] = [before, after].map((of) => JSON.stringify(of[keyword]) ?? 'not said')
      return `${place}: ${keyword} was ${was}, is ${is}`
    })
}
