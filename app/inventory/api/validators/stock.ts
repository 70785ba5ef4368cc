import vine from '@vinejs/vine'
import type { FieldContext } from '@vinejs/vine/types'
import {
  strictObject,
  HIGHEST_PRICE,
  money,
  describe,
  search,
  sku,
  text,
  whole,
} from '#http/fields'
import { notNull, type Schema } from '#http/json_schema'
import { instant, commaSeparated } from '#http/list_parameters'
import { listParameters } from '#http/pagination'
import { MOST_AT_ONCE, MOST_ON_HAND } from '../../ledger/balance.ts'
import { KINDS } from '../../ledger/movement.ts'
import { MOST_BARCODES } from '../../products/write_products.ts'
import { REASONS } from '../../stock/adjust_stock.ts'

const price = () => money(HIGHEST_PRICE)

const lowStockAt = () =>
  whole({ min: 0, max: MOST_ON_HAND }).use(
    describe('The stock is low when at most this many units are available; null: never.')
  )

const barcodes = () =>
  vine
    .array(vine.string().regex(/^\d{8}$|^\d{12,14}$/))
    .maxLength(MOST_BARCODES)
    .distinct()

const allowCheckDigit = () =>
  vine
    .boolean({ strict: true })
    .use(
      describe('Accepts barcodes with a wrong check digit, for labels that show exactly this code.')
    )
    .optional()

export const productValidator = vine.compile(
  strictObject({
    name: text(200),
    price: price(),
    lowStockAt: lowStockAt().nullable().optional(),
    barcodes: barcodes()
      .use(
        describe(
          '8, 12, 13 or 14 digits, of which the last is a check digit. UPC-12, EAN-13 and GTIN-14 forms are one code.'
        )
      )
      .optional(),
    allowCheckDigit: allowCheckDigit(),
    active: vine
      .boolean({ strict: true })
      .use(describe('Whether the product is for sale; true by default.'))
      .optional(),
  })
)

/** vine treats null like a missing field. For a field that cannot be cleared, null is invalid. */
const rejectNull = (value: unknown) => (value === null ? [] : value)

/** Documents the fields that reject null. */
const withoutNull = vine.createRule((_: unknown, __: string[], ___: FieldContext) => {}, {
  toJSONSchema: (schema: Schema, names) => {
    for (const name of names) schema.properties[name] = notNull(schema.properties[name])
  },
})

export const productPatchValidator = vine.compile(
  strictObject({
    name: text(200).parse(rejectNull).optional(),
    price: price().parse(rejectNull).optional(),
    lowStockAt: lowStockAt().nullable().optional(),
    barcodes: barcodes()
      .use(describe('Replaces all barcodes: 8, 12, 13 or 14 digits each; null removes them.'))
      .nullable()
      .optional(),
    allowCheckDigit: allowCheckDigit(),
    active: vine
      .boolean({ strict: true })
      .use(describe('Whether the product is for sale.'))
      .parse(rejectNull)
      .optional(),
  }).use(withoutNull(['name', 'price', 'active']))
)

export const notZero = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (value === 0) field.report('must not be 0', 'notZero', field)
  },
  { toJSONSchema: (schema) => void (schema.not = { const: 0 }) }
)

export const restockValidator = vine.compile(
  strictObject({
    quantity: whole({ min: 1, max: MOST_AT_ONCE }).use(describe('Units received.')),
    reference: text(64)
      .use(describe('Your reference, such as a purchase order number.'))
      .nullable()
      .optional(),
  })
)

const note = () => text(500).use(describe('A note for people.')).nullable().optional()

export const adjustmentValidator = vine.compile(
  strictObject({
    delta: whole({ min: -MOST_AT_ONCE, max: MOST_AT_ONCE })
      .use(notZero(undefined))
      .use(describe('Units to add, or to remove when negative.')),
    reason: vine.enum(REASONS),
    note: note(),
  })
)

export const countValidator = vine.compile(
  strictObject({
    counted: whole({ min: 0, max: MOST_ON_HAND }).use(describe('Units on the shelf.')),
    expectedOnHand: whole({ min: 0, max: MOST_ON_HAND }).use(
      describe(
        'On hand when the count began. If it has changed since, the count is rejected with `stock_moved`.'
      )
    ),
    note: note(),
  })
)

/** The SKU in the path. */
export const skuValidator = vine.compile(vine.object({ sku: sku() }))

const movementParameters = {
  kind: commaSeparated(vine.enum(KINDS), KINDS.length)
    .use(describe('Repeat the parameter, or separate the values with commas.'))
    .optional(),
  actorId: vine.string().uuid().use(describe('The account that moved the stock.')).optional(),
  reference: text(64).optional(),
  orderId: vine.string().uuid().optional().requiredIfExists('messageId'),
  messageId: vine.string().uuid().use(describe('A message of the order in `orderId`.')).optional(),
  importId: vine.string().uuid().optional(),
  from: instant('At this time or later.').optional(),
  before: instant('Before this time.').optional(),
}

export const movementListParameters = listParameters(movementParameters)

export const allMovementsParameters = listParameters({
  sku: sku().optional(),
  ...movementParameters,
})

export const stockListParameters = listParameters({
  q: search()
    .use(
      describe(
        'Part of the SKU or the name. Case, accents and kinds of whitespace make no difference.'
      )
    )
    .optional(),
  sku: commaSeparated(sku(), 100)
    .use(describe('Repeat the parameter, or separate the values with commas.'))
    .optional(),
  level: vine
    .enum(['low', 'out', 'in'])
    .use(describe('The `availability` of the product.'))
    .optional(),
  updatedAfter: instant('Changed at this time or later.').optional(),
})
