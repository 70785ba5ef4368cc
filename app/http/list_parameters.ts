/*
 * What lists take in their query strings, beside `limit` and `cursor`. Everything arrives there as text.
 */
import vine from '@vinejs/vine'
import type { FieldContext, SchemaTypes } from '@vinejs/vine/types'
import { says, text } from './fields.ts'
import { closeFlag, closeInstant } from './json_schema.ts'

/** `?sku=A&sku=B`, `?sku=A,B`, or both; 1 to `most` values. */
export const several = <Value extends SchemaTypes>(value: Value, most: number) =>
  vine
    .array(value)
    .parse((given) => (given === undefined ? given : [given].flat().flatMap(byComma)))
    .maxLength(most)

function byComma(given: unknown) {
  return typeof given === 'string' ? given.split(',') : [given]
}

/** Words to look for, 1 to 100 characters. */
export const search = () => text(100)

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

const isInstant = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value !== 'string') return
    if (!RFC_3339.test(value) || !onTheCalendar(value)) {
      field.report('must be a time such as 2026-11-22T12:00:00Z', 'instant', field)
    }
  },
  { toJSONSchema: closeInstant }
)

/** `Date` takes the 31st of February for the 3rd of March. */
function onTheCalendar(value: string) {
  const day = value.slice(0, 10)
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return false
  return !Number.isNaN(Date.parse(value))
}

/** A moment (RFC 3339, with an offset or Z), handed on as a Date. @param words - for the document */
export const instant = (words: string) =>
  vine
    .string()
    .use(isInstant(undefined))
    .use(says(words))
    .transform((value) => new Date(value))

const isDay = vine.createRule((value: unknown, _: undefined, field: FieldContext) => {
  if (typeof value !== 'string') return
  if (!/^\d{4}-\d\d-\d\d$/.test(value) || !onTheCalendar(value)) {
    field.report('must be a day such as 2026-11-22', 'day', field)
  }
})

/** A day, as a browser's date field sends it; an empty one is none. */
export const day = () =>
  vine
    .string()
    .parse((value) => (value === '' ? undefined : value))
    .use(isDay(undefined))
    .optional()

/** `true` or `false`. @param words - for the document */
export const flag = (words: string) =>
  vine
    .enum(['true', 'false'])
    .use(isFlag(undefined))
    .use(says(words))
    .transform((value) => value === 'true')

const isFlag = vine.createRule((_: unknown, __: undefined, ___: FieldContext) => {}, {
  toJSONSchema: closeFlag,
})
