/*
 * JSON Schemas of responses. Every field is present; there are no others.
 */
import { orNull, type Schema } from '../json_schema.ts'

export { orNull, type Schema }

/** An object with exactly the fields of `Body`, the type that the transformer returns. */
export function object<Body>(properties: Record<keyof Body & string, Schema>): Schema {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }
}

/** Refers to a schema of any module or of common.ts. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

export function list(items: Schema): Schema {
  return { type: 'array', items }
}

export function oneOf(values: readonly string[], description?: string): Schema {
  return { type: 'string', enum: values, ...(description && { description }) }
}

/** An enumeration whose description explains its values. @param meanings - by value */
export function explained(meanings: Record<string, string>): Schema {
  const texts = Object.entries(meanings).map(([value, meaning]) => `\`${value}\`: ${meaning}.`)
  return oneOf(Object.keys(meanings), texts.join(' '))
}

/** A page of a list: `{ data, next }`. */
export function page(items: Schema): Schema {
  return object<{ data: unknown; next: unknown }>({
    data: list(items),
    next: orNull(text('Pass it as `cursor` to get the next page; null on the last page.')),
  })
}

export function pageOf(...data: unknown[]) {
  return { data, next: null }
}

export function text(description?: string): Schema {
  return { type: 'string', ...(description && { description }) }
}

export function whole(description: string, minimum?: number): Schema {
  return { type: 'integer', description, ...(minimum !== undefined && { minimum }) }
}

export function flag(description: string): Schema {
  return { type: 'boolean', description }
}

export const uuid = (description: string): Schema => ({
  type: 'string',
  format: 'uuid',
  description,
})

/** RFC 3339 in UTC, with milliseconds. */
export const time = (description: string): Schema => ({
  type: 'string',
  format: 'date-time',
  pattern: String.raw`\.\d{3}Z$`,
  description,
})
