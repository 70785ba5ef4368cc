/*
 * Validation rules shared by all request bodies, on top of vine.
 */
import vine from '@vinejs/vine'
import type { FieldContext, SchemaTypes } from '@vinejs/vine/types'
import { composed, faultOf, isBlank, trimmed } from './characters.ts'
import { currencies } from './currencies.ts'
import { closeCurrency, closeLink, closeObject, closePrintable } from './json_schema.ts'

type Fields = Record<string, SchemaTypes>

/** Describes a field in /openapi.json. vine's own `.meta()` (4.4) would also accept null. */
export const says = vine.createRule((_: unknown, __: string, ___: FieldContext) => {}, {
  toJSONSchema: (schema, description) => Object.assign(schema, { description }),
})

/** Rejects unknown fields, which vine ignores: a misspelled field must be an error. */
const refuseUnknown = vine.createRule(
  (value: unknown, known: Fields, field: FieldContext) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(known, key))
        field.report(`"${key}" is not a known field`, 'unknown_field', field, { key })
    }
  },
  { toJSONSchema: closeObject }
)

/** An object that accepts only the given fields. Validate `request.body()` with it. */
export function strictObject<Properties extends Fields>(properties: Properties) {
  return vine.object(properties).bail(false).use(refuseUnknown(properties))
}

/**
 * Rejects control and invisible characters, which have no place in names and addresses. PostgreSQL cannot
 * store NUL in text or lone surrogates in jsonb.
 */
const printable = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value !== 'string') return
    const fault = faultOf(value)
    if (fault) field.report(fault.detail, fault.code, field)
    else if (value !== '' && isBlank(value)) {
      field.report('must have a character that can be seen', 'blank', field)
    }
  },
  { toJSONSchema: closePrintable }
)

const printableLines = vine.createRule((value: unknown, _: undefined, field: FieldContext) => {
  const fault = typeof value === 'string' ? faultOf(value.replace(/[\t\n]/g, ' ')) : null
  if (fault) field.report(fault.detail, fault.code, field)
})

/** Normalizes text to NFC before validation. */
const compose = vine.createRule((value: unknown, _: undefined, field: FieldContext) => {
  if (typeof value === 'string') field.mutate(composed(value), field)
})

/** Trims invisible characters, which pasted text often has. */
const trimUnseen = vine.createRule((value: unknown, _: undefined, field: FieldContext) => {
  if (typeof value === 'string') field.mutate(trimmed(value), field)
})

/** The base of text fields: trimmed and normalized to NFC. */
const line = () => vine.string().trim().use(compose(undefined))

/** Text of 1 to `longest` characters, trimmed and normalized. */
export const text = (longest: number) =>
  line().minLength(1).maxLength(longest).use(printable(undefined))

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
  line().use(trimUnseen(undefined)).minLength(1).maxLength(longest).use(printable(undefined))

/** Multi-line text of a form; null when blank. */
export const lines = (longest: number) =>
  vine
    .string()
    .parse((value) => (typeof value === 'string' ? value.replaceAll('\r\n', '\n') : value))
    .trim()
    .use(compose(undefined))
    .maxLength(longest)
    .use(printableLines(undefined))

/** What mail programs display as a link. */
export const LINK = /:\/\/|www\./i

const noLink = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value === 'string' && LINK.test(value)) {
      field.report('must not contain "://" or "www."', 'link', field)
    }
  },
  { toJSONSchema: closeLink }
)

/** Text without links, for names and addresses, because mails display them. */
export const linklessText = (longest: number) => text(longest).use(noLink(undefined))

/** An integer; `"2"` is rejected. */
export const whole = (range: { min: number; max: number }) =>
  vine.number({ strict: true }).withoutDecimals().min(range.min).max(range.max)

export const email = () => line().maxLength(254).use(printable(undefined)).email()

/** An http or https URL. */
export const webAddress = (longest: number) =>
  line()
    .maxLength(longest)
    .use(printable(undefined))
    .regex(/^https?:\/\/\S+$/)
    .url({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })

/** 1 to 64 of `A-Z 0-9 . _ -`, beginning with a letter or digit; converted to upper case. */
export const sku = () =>
  vine
    .string()
    .use(trimUnseen(undefined))
    .minLength(1)
    .maxLength(64)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
    .toUpperCase()
    .use(says('Case-insensitive; converted to upper case.'))

/** Maximum price of one piece, in minor units: 10 billion in a currency with two decimals. */
export const HIGHEST_PRICE = 1_000_000_000_000

/** Money in a request: minor units and an active ISO 4217 code. */
export const money = (most: number) =>
  strictObject({
    amount: whole({ min: 0, max: most }),
    currency: vine
      .string()
      .regex(/^[A-Z]{3}$/)
      .use(isCurrency(undefined)),
  })

const isCurrency = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value === 'string' && !currencies.has(value)) {
      field.report(
        `must be an active ISO 4217 currency code such as EUR; ${value} is none`,
        'currency',
        field
      )
    }
  },
  { toJSONSchema: closeCurrency }
)
