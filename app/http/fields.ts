/*
 * The rules that every request body shares, on top of vine.
 */
import vine from '@vinejs/vine'
import type { FieldContext, SchemaTypes } from '@vinejs/vine/types'
import { closeCurrency, closeObject, closePrintable } from './json_schema.ts'

type Fields = Record<string, SchemaTypes>

/** Words about a field for /openapi.json. vine 4.4 has `.meta()` for it, which lets null through. */
export const says = vine.createRule((_: unknown, __: string, ___: FieldContext) => {}, {
  toJSONSchema: (schema, description) => Object.assign(schema, { description }),
})

/** vine drops what it does not know; a caller who misspells a field must hear of it. */
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

/** An object that takes the given fields and no others. Validate `request.body()` with it. */
export function closed<Properties extends Fields>(properties: Properties) {
  return vine.object(properties).bail(false).use(refuseUnknown(properties))
}

/**
 * PostgreSQL cannot hold NUL in text nor half a surrogate pair in jsonb, and control characters have no
 * place in names and addresses.
 */
const printable = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value === 'string' && /[\p{Cc}\p{Cs}]/u.test(value)) {
      field.report('must not contain control characters', 'printable', field)
    }
  },
  { toJSONSchema: closePrintable }
)

/** Text of 1 to `longest` characters, trimmed. */
export const text = (longest: number) =>
  vine.string().trim().minLength(1).maxLength(longest).use(printable(undefined))

/** A whole number; `"2"` is none. */
export const whole = (range: { min: number; max: number }) =>
  vine.number({ strict: true }).withoutDecimals().min(range.min).max(range.max)

export const email = () => vine.string().trim().maxLength(254).use(printable(undefined)).email()

/** An http or https URL. */
export const webAddress = (longest: number) =>
  vine
    .string()
    .trim()
    .maxLength(longest)
    .use(printable(undefined))
    .regex(/^https?:\/\/\S+$/)
    .url({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })

/** 1 to 64 of `A-Z 0-9 . _ -`, beginning with a letter or digit; lower case is raised. */
export const sku = () =>
  vine
    .string()
    .trim()
    .minLength(1)
    .maxLength(64)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
    .toUpperCase()
    .use(says('In any case: it is raised to upper case.'))

/** Money from outside: minor units and an ISO 4217 code. */
export const money = (most: number) =>
  closed({
    amount: whole({ min: 0, max: most }),
    currency: vine
      .string()
      .regex(/^[A-Z]{3}$/)
      .use(isCurrency(undefined)),
  })

/** The codes of ISO 4217. */
export const currencies = new Set(Intl.supportedValuesOf('currency'))

/** Making a format costs more than all that is asked of it. */
const decimals = new Map<string, number>()

/** Of a currency (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD. */
export function decimalsOf(currency: string): number {
  if (!decimals.has(currency)) {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency })
    decimals.set(currency, format.resolvedOptions().maximumFractionDigits!)
  }
  return decimals.get(currency)!
}

const isCurrency = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value === 'string' && !currencies.has(value)) {
      field.report('is not an ISO 4217 currency code', 'currency', field)
    }
  },
  { toJSONSchema: closeCurrency }
)

export function isUuid(value: string) {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
}
