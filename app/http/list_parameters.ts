/*
 * Query parameters of lists, besides `limit` and `cursor`. All values arrive as text.
 */
import vine from '@vinejs/vine'
import type { SchemaTypes } from '@vinejs/vine/types'
import { dayIn } from '#runtime/days'
import { describe, textRule } from './fields.ts'
import { booleanSchema, dateTimeSchema } from './json_schema.ts'

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

const isInstant = textRule((value, field) => {
  if (!RFC_3339.test(value) || !isInCalendar(value)) {
    field.report('must be a time such as 2026-11-22T12:00:00Z', 'instant', field)
  }
}, dateTimeSchema)

/** `Date` would accept 31 February as 3 March. */
function isInCalendar(value: string) {
  const day = value.slice(0, 10)
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return false
  return !Number.isNaN(Date.parse(value))
}

/** An RFC 3339 time with an offset or Z, as a Date. @param words - the description in /openapi.json */
export const instant = (words: string) =>
  vine
    .string()
    .use(isInstant)
    .use(describe(words))
    .transform((value) => new Date(value))

const isDay = textRule((value, field) => {
  if (!/^\d{4}-\d\d-\d\d$/.test(value) || !isInCalendar(value)) {
    field.report('must be a day such as 2026-11-22', 'day', field)
  }
})

/** A day, as a browser's date field sends it. An empty string is the same as no parameter. */
export const day = () =>
  vine
    .string()
    .parse((value) => (value === '' ? undefined : value))
    .use(isDay)
    .optional()

/**
 * The range of times from the first day to the last, both included; a missing day leaves its end open.
 *
 * @param zone - IANA name of the reader's time zone, which delimits the days
 */
export function timesOfDays(first: string | undefined, last: string | undefined, zone: string) {
  return {
    from: first ? dayIn(zone, first).start : undefined,
    before: last ? dayIn(zone, last).end : undefined,
  }
}

/** `true` or `false`. @param words - the description in /openapi.json */
export const flag = (words: string) =>
  vine
    .enum(['true', 'false'])
    .use(textRule(() => {}, booleanSchema))
    .use(describe(words))
    .transform((value) => value === 'true')
