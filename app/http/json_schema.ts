/*
 * Completes the JSON Schema that vine generates (`validator.toJSONSchema()`). The rules in fields.ts call these
 * functions, so that the document describes the rules exactly.
 */

import { CONTROL, INVISIBLE, UNSEEN } from './characters.ts'

/** JSON Schema 2020-12. */
export type Schema = Record<string, any>

interface Field {
  isOptional?: boolean
}

/**
 * An object with these fields. vine omits nullable fields from `required`, and does not mention that null in an
 * optional field equals leaving it out.
 */
export function strictSchema(schema: Schema, fields: Record<string, Field>) {
  const names = Object.keys(fields)
  schema.required = names.filter((name) => !fields[name].isOptional)
  for (const name of names) {
    if (fields[name].isOptional) schema.properties[name] = orNull(schema.properties[name])
  }
}

/** The same schema, also accepting null. */
export function orNull(schema: Schema): Schema {
  if (schema.$ref || schema.anyOf) return { anyOf: [schema, { type: 'null' }] }
  const types = new Set([typeOf(schema)].flat().concat('null'))
  const values = schema.enum && { enum: [...new Set([...schema.enum, null])] }
  return { ...schema, type: [...types], ...values }
}

/** The same schema without null. */
export function notNull(schema: Schema): Schema {
  const types = [typeOf(schema)].flat().filter((type) => type !== 'null')
  const values = schema.enum && { enum: schema.enum.filter((value: unknown) => value !== null) }
  return { ...schema, type: types.length === 1 ? types[0] : types, ...values }
}

/** vine omits the type of enumerations; ours are strings. */
function typeOf({ type, enum: values }: Schema): string | string[] {
  return type ?? (values ? 'string' : 'object')
}

const REFUSED = CONTROL + INVISIBLE

/** Excludes control and invisible characters. A required text has at least one visible character. */
export function printableSchema(schema: Schema) {
  schema.pattern = schema.minLength
    ? `^[^${REFUSED}]*[^${UNSEEN}${CONTROL}][^${REFUSED}]*$`
    : `^[^${REFUSED}]*$`
}

/** Excludes control characters and all invisible ones. */
export function visibleSchema(schema: Schema) {
  schema.pattern = `^[^${CONTROL}${UNSEEN}]*$`
}

/** Neither `://` nor `www.`, in any case. */
export function linklessSchema(schema: Schema) {
  schema.not = { type: 'string', pattern: String.raw`://|[wW][wW][wW]\.` }
}

/** Refers to the document's list of currencies. */
export function currencySchema(schema: Schema) {
  delete schema.type
  delete schema.pattern
  schema.$ref = '#/components/schemas/Currency'
}

/** For query strings, where every value is text. */
export function booleanSchema(schema: Schema) {
  delete schema.enum
  schema.type = 'boolean'
}

export function dateTimeSchema(schema: Schema) {
  schema.format = 'date-time'
}
