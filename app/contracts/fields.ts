/*
 * The fields that messages are made of.
 */
import vine from '@vinejs/vine'
import type { FieldContext, SchemaTypes } from '@vinejs/vine/types'

/** What a field means, for /asyncapi.json. vine 4.4 has `.meta()` for it, which lets null through. */
const means = vine.createRule((_: unknown, __: string, ___: FieldContext) => {}, {
  toJSONSchema: (schema, description) => Object.assign(schema, { description }),
})

/**
 * vine's own JSON Schema does not require the fields that may be null, and refuses those that a later
 * release adds.
 */
const openToMore = vine.createRule(
  (_: unknown, __: Record<string, SchemaTypes>, ___: FieldContext) => {},
  {
    toJSONSchema: (schema, properties) => {
      schema.required = Object.keys(properties).filter((name) => !isOptional(properties[name]))
      delete schema.additionalProperties
    },
  }
)

function isOptional(field: SchemaTypes & { isOptional?: boolean }) {
  return field.isOptional === true
}

/**
 * An object of these fields; what else there is is passed over. A field that is added to a message later
 * must be optional, for the messages that lie in the topic do not have it.
 */
const object = <Properties extends Record<string, SchemaTypes>>(properties: Properties) =>
  vine.object(properties).use(openToMore(properties))

/** A whole number; `"2"` is none. */
const whole = (meaning: string, least?: number) => {
  const number = vine.number({ strict: true }).withoutDecimals().use(means(meaning))
  return least === undefined ? number : number.min(least)
}

const text = (meaning: string) => vine.string().use(means(meaning))

const flag = (meaning: string) => vine.boolean({ strict: true }).use(means(meaning))

const revision = () => whole('The revision of the order that this is about, from 1.', 1)

/** `{ sku, quantity }`, as in every message about an order. */
const lines = (meaning: string) =>
  vine
    .array(
      object({
        sku: vine.string().minLength(1).maxLength(64),
        quantity: whole('Pieces.', 1),
      })
    )
    .use(means(meaning))

const shortages = (meaning: string) =>
  vine
    .array(
      object({
        sku: vine.string(),
        requested: whole('The whole quantity that was asked for.', 0),
        available: whole('What this order could have, the pieces that it holds included.', 0),
      })
    )
    .use(means(meaning))

const money = () =>
  object({
    amount: whole('In minor units of the currency: 1250 is 12.50 EUR.', 0),
    currency: vine.string().fixedLength(3).use(means('A code of ISO 4217.')),
  })

export const fields = { means, object, whole, text, flag, revision, lines, shortages, money }

/** What messages are about. */
export const keys = {
  order: { type: 'string', format: 'uuid', description: 'The id of the order.' },
  sku: { type: 'string', description: 'The SKU.' },
}

export interface Line {
  sku: string
  quantity: number
}

export interface Shortage {
  sku: string
  requested: number
  available: number
}
