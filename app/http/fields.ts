/*
 * Fields and validation rules that all request bodies share, based on vine.
 */
import vine from '@vinejs/vine'
import type { FieldContext, SchemaTypes } from '@vinejs/vine/types'
import { addressFaultOf, composed, faultOf, isBlank, trimmed } from './characters.ts'
import { currencies } from './currencies.ts'
import {
  currencySchema,
  linklessSchema,
  strictSchema,
  printableSchema,
  visibleSchema,
  type Schema,
} from './json_schema.ts'

type Fields = Record<string, SchemaTypes>

/** Describes a field in /openapi.json. vine's own `.meta()` (4.4) would also accept null. */
export const describe = vine.createRule((_: unknown, __: string, ___: FieldContext) => {}, {
  toJSONSchema: (schema, description) => Object.assign(schema, { description }),
})

/** Names an object in /openapi.json, and the type of generated clients. */
export const named = vine.createRule((_: unknown, __: string, ___: FieldContext) => {}, {
  toJSONSchema: (schema, title) => Object.assign(schema, { title }),
})

/** Rejects unknown fields, which vine ignores, because a misspelled field must be an error. */
const refuseUnknown = vine.createRule(
  (value: unknown, known: Fields, field: FieldContext) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(known, key))
        field.report(`"${key}" is not a known field`, 'unknown_field', field, { key })
    }
  },
  { toJSONSchema: strictSchema }
)

/** An object that accepts only the given fields. Validate `request.body()` with it. */
export function strictObject<Properties extends Fields>(properties: Properties) {
  return vine.object(properties).bail(false).use(refuseUnknown(properties))
}

/** A rule for strings. @param toJSONSchema - completes the JSON Schema of the field */
export function textRule(
  check: (value: string, field: FieldContext) => void,
  toJSONSchema?: (schema: Schema) => void
) {
  const rule = vine.createRule(
    (value: unknown, _: undefined, field: FieldContext) => {
      if (typeof value === 'string') check(value, field)
    },
    { toJSONSchema }
  )
  return rule(undefined)
}

/**
 * Rejects control and invisible characters, which have no place in names and addresses. PostgreSQL cannot
 * store NUL in text or lone surrogates in jsonb.
 */
const printable = textRule((value, field) => {
  const fault = faultOf(value)
  if (fault) field.report(fault.detail, fault.code, field)
  else if (value !== '' && isBlank(value)) {
    field.report('must have a character that can be seen', 'blank', field)
  }
}, printableSchema)

const printableLines = textRule((value, field) => {
  const fault = faultOf(value.replace(/[\t\n]/g, ' '))
  if (fault) field.report(fault.detail, fault.code, field)
})

/** Normalizes text to NFC before validation. */
const compose = textRule((value, field) => field.mutate(composed(value), field))

/** Trims invisible characters, which pasted text often has. */
const trimUnseen = textRule((value, field) => field.mutate(trimmed(value), field))

/** The base of text fields: trimmed and normalized to NFC. */
const line = () => vine.string().trim().use(compose)

/** Text of 1 to `longest` characters, trimmed and normalized. */
export const text = (longest: number) => line().minLength(1).maxLength(longest).use(printable)

/** A message key or scanned code, unchanged, because it must match the stored one. */
export const verbatim = (longest: number) =>
  vine
    .string()
    .trim()
    .minLength(1)
    .maxLength(longest)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u)

/** A search term of 1 to `longest` characters. */
export const search = (longest = 100) =>
  line().use(trimUnseen).minLength(1).maxLength(longest).use(printable)

/** Multi-line text of a form; null when blank. */
export const lines = (longest: number) =>
  vine
    .string()
    .parse((value) => (typeof value === 'string' ? value.replaceAll('\r\n', '\n') : value))
    .trim()
    .use(compose)
    .maxLength(longest)
    .use(printableLines)

/** Text that mail programs display as a link. */
export const LINK = /:\/\/|www\./i

const noLink = textRule((value, field) => {
  if (LINK.test(value)) field.report('must not contain "://" or "www."', 'link', field)
}, linklessSchema)

/** Text without links, for names and addresses, because mails display them. */
export const linklessText = (longest: number) => text(longest).use(noLink)

/** An integer; `"2"` is rejected. */
export const whole = (range: { min: number; max: number }) =>
  vine.number({ strict: true }).withoutDecimals().min(range.min).max(range.max)

const visible = textRule((value, field) => {
  const fault = addressFaultOf(value)
  if (fault) field.report(fault.detail, fault.code, field)
}, visibleSchema)

export const email = () => line().maxLength(254).use(visible).email()

/** An http or https URL. */
export const webAddress = (longest: number) =>
  line()
    .maxLength(longest)
    .use(printable)
    .regex(/^https?:\/\/\S+$/)
    .url({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })

/** 1 to 64 of `A-Z 0-9 . _ -`, beginning with a letter or digit; converted to upper case. */
export const sku = () =>
  vine
    .string()
    .use(trimUnseen)
    .minLength(1)
    .maxLength(64)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
    .toUpperCase()
    .use(describe('Case-insensitive; converted to upper case.'))

/** Maximum price of one piece, in minor units: 10 billion in a currency with two decimals. */
export const HIGHEST_PRICE = 1_000_000_000_000

/** Money in a request: minor units and an active ISO 4217 code. @param name - in /openapi.json */
export const money = (most: number, name = 'PriceInput') =>
  strictObject({
    amount: whole({ min: 0, max: most }),
    currency: vine
      .string()
      .regex(/^[A-Z]{3}$/)
      .use(isCurrency),
  }).use(named(name))

const isCurrency = textRule((value, field) => {
  if (currencies.has(value)) return
  const detail = `must be an active ISO 4217 currency code such as EUR; ${value} is none`
  field.report(detail, 'currency', field)
}, currencySchema)
