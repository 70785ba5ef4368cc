/*
 * JSON Schemas of responses. Every field is present. Later releases may add fields, so the schemas allow others; the
 * tests close them.
 */
import { orNull, type Schema } from '../json_schema.ts'

export { orNull, type Schema }

/**
 * An object with the fields of `Body`, the type that the transformer returns.
 *
 * @param title - its name among the components, unless it is in `Section.schemas`
 */
export function object<Body>(
  properties: Record<keyof Body & string, Schema>,
  title?: string
): Schema {
  return { ...(title && { title }), type: 'object', properties, required: Object.keys(properties) }
}

/** Refers to a schema of any module or of common.ts. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

export function list(items: Schema): Schema {
  return { type: 'array', items }
}

/** An enumeration that stays as it is: other values would break its readers. */
export function oneOf(values: readonly string[], description?: string): Schema {
  return { type: 'string', enum: values, ...(description && { description }) }
}

/**
 * An enumeration to which later releases may add values. It is a text for generated clients, which would refuse a new
 * value of an `enum`.
 */
export function extensible(values: readonly string[], description?: string): Schema {
  const growing = 'Later releases may add values.'
  return {
    'type': 'string',
    'x-extensible-enum': values,
    'description': [
      description ?? values.map((value) => `\`${value}\``).join(', ') + '.',
      growing,
    ].join(' '),
  }
}

/** The description of an enumeration. @param meanings - by value */
export function explained(meanings: Record<string, string>): string {
  return Object.entries(meanings)
    .map(([value, meaning]) => `\`${value}\`: ${meaning}.`)
    .join(' ')
}

/** A page of a list: `{ data, next }`. @param name - of an item */
export function page(items: Schema, name: string = items.$ref.split('/').at(-1)): Schema {
  return object<{ data: unknown; next: unknown }>(
    {
      data: list(items),
      next: orNull(text('Pass it as `cursor` to get the next page; null on the last page.')),
    },
    `${name}Page`
  )
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
