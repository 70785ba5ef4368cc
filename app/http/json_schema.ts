/*
 * The JSON Schema of what vine validates (`validator.toJSONSchema()`), where vine's own leaves gaps. Our
 * rules in fields.ts call these, so that the document says what the rules do.
 */

/** JSON Schema 2020-12. */
export type Schema = Record<string, any>

interface Field {
  isOptional?: boolean
}

/**
 * An object of these fields: vine forgets to require the nullable ones, and does not say that null in an
 * optional field is the same as leaving it out.
 */
export function closeObject(schema: Schema, fields: Record<string, Field>) {
  const names = Object.keys(fields)
  schema.required = names.filter((name) => !fields[name].isOptional)
  for (const name of names) {
    if (fields[name].isOptional) schema.properties[name] = orNull(schema.properties[name])
  }
}

/** The same schema, which takes null as well. */
export function orNull(schema: Schema): Schema {
  if (schema.$ref || schema.anyOf) return { anyOf: [schema, { type: 'null' }] }
  const types = new Set([typeOf(schema)].flat().concat('null'))
  const values = schema.enum && { enum: [...new Set([...schema.enum, null])] }
  return { ...schema, type: [...types], ...values }
}

/** The same schema, for a place where null cannot be sent. */
export function notNull(schema: Schema): Schema {
  const types = [typeOf(schema)].flat().filter((type) => type !== 'null')
  const values = schema.enum && { enum: schema.enum.filter((value: unknown) => value !== null) }
  return { ...schema, type: types.length === 1 ? types[0] : types, ...values }
}

/** vine gives an enumeration no type; ours are of texts. */
function typeOf({ type, enum: values }: Schema): string | string[] {
  return type ?? (values ? 'string' : 'object')
}

const CONTROL = String.raw`\u0000-\u001f\u007f-\u009f`

/** No control characters; where something must be there, something that is not blank. */
export function closePrintable(schema: Schema) {
  schema.pattern = schema.minLength
    ? `^[^${CONTROL}]*[^\\s${CONTROL}][^${CONTROL}]*$`
    : `^[^${CONTROL}]*$`
}

/** A currency is one of the document's list of them. */
export function closeCurrency(schema: Schema) {
  delete schema.type
  delete schema.pattern
  schema.$ref = '#/components/schemas/Currency'
}

/** In a query string, where everything is text. */
export function closeFlag(schema: Schema) {
  delete schema.enum
  schema.type = 'boolean'
}

export function closeInstant(schema: Schema) {
  schema.format = 'date-time'
}
