/*
 * Query parameters of lists, besides `limit` and `cursor`. All values arrive as text.
 */
import vine from '@vinejs/vine'
import type { FieldContext, SchemaTypes } from '@vinejs/vine/types'
import { says } from './fields.ts'
import { closeFlag, closeInstant } from './json_schema.ts'

/** `?sku=A&sku=B`, `?sku=A,B`, or both; 1 to `most` values. */
export const commaSeparated = <Value extends SchemaTypes>(value: Value, most: number) =>
  vine
    .array(value)
    .parse((given) => (given === undefined ? given : [given].flat().flatMap(byComma)))
    .maxLength(most)

function byComma(given: unknown) {
  return typeof given === 'string' ? given.split(',') : [given]
}

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

/** `Date` would accept 31 February as 3 March. */
function onTheCalendar(value: string) {
  const day = value.slice(0, 10)
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return false
  return !Number.isNaN(Date.parse(value))
}

/** A time (RFC 3339, with an offset or Z), as a Date. @param words - its description in the document */
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

/** A day, as a browser's date field sends it; empty for none. */
export const day = () =>
  vine
    .string()
    .parse((value) => (value === '' ? undefined : value))
    .use(isDay(undefined))
    .optional()

/** `true` or `false`. @param words - its description in the document */
export const flag = (words: string) =>
  vine
    .enum(['true', 'false'])
    .use(isFlag(undefined))
    .use(says(words))
    .transform((value) => value === 'true')

const isFlag = vine.createRule((_: unknown, __: undefined, ___: FieldContext) => {}, {
  toJSONSchema: closeFlag,
})
