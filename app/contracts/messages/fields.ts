/*
 * The fields of messages.
 */
import vine from '@vinejs/vine'
import type { FieldContext, SchemaTypes } from '@vinejs/vine/types'

/** Describes a field in /asyncapi.json. vine 4.4 has `.meta()` for this, but that makes a field accept null. */
const describe = vine.createRule((_: unknown, __: string, ___: FieldContext) => {}, {
  toJSONSchema: (schema, description) => Object.assign(schema, { description }),
})

/**
 * Corrects vine's JSON Schema, which does not require nullable fields and refuses fields that a later release
 * adds.
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
 * An object with these fields; unknown fields are ignored. A field that is added to a message later must be
 * optional, because messages already in the topic do not have it.
 */
const object = <Properties extends Record<string, SchemaTypes>>(properties: Properties) =>
  vine.object(properties).use(openToMore(properties))

/** A whole number, not a string such as `"2"`. */
const whole = (meaning: string, least?: number) => {
  const number = vine.number({ strict: true }).withoutDecimals().use(describe(meaning))
  return least === undefined ? number : number.min(least)
}

const text = (meaning: string) => vine.string().use(describe(meaning))

const flag = (meaning: string) => vine.boolean({ strict: true }).use(describe(meaning))

const revision = () => whole('The revision of the order, from 1.', 1)

/** `{ sku, quantity }`, as in every message about an order. */
const lines = (meaning: string) =>
  vine
    .array(
      object({
        sku: vine.string().minLength(1).maxLength(64),
        quantity: whole('Units.', 1),
      })
    )
    .use(describe(meaning))

const shortages = (meaning: string) =>
  vine
    .array(
      object({
        sku: vine.string(),
        requested: whole('The requested quantity.', 0),
        available: whole(
          'The quantity that this order could get, including units that it holds.',
          0
        ),
      })
    )
    .use(describe(meaning))

const money = () =>
  object({
    amount: whole('In minor units of the currency: 1250 is 12.50 EUR.', 0),
    currency: vine.string().fixedLength(3).use(describe('ISO 4217 code.')),
  })

export const fields = { object, whole, text, flag, revision, lines, shortages, money }

/** The keys of messages. */
export const keys = {
  order: { type: 'string', format: 'uuid', description: 'The order id.' },
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
