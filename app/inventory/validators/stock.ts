import vine from '@vinejs/vine'
import type { FieldContext } from '@vinejs/vine/types'
import { closed, money, says, sku, text, whole } from '#http/fields'
import { instant, search, several } from '#http/list_parameters'
import { listParameters } from '#http/pages'
import { REASONS } from '../adjust_stock.ts'
import { MOVEMENT_KINDS, type MovementKind } from '../ledger.ts'

export const productValidator = vine.compile(
  closed({
    name: text(200),
    price: money(100_000_000),
    lowStockAt: whole({ min: 0, max: 2_000_000_000 })
      .use(says('When no more pieces than this are available, the stock is low; null: never.'))
      .nullable()
      .optional(),
    barcodes: vine
      .array(vine.string().regex(/^\d{8}$|^\d{12,14}$/))
      .maxLength(10)
      .distinct()
      .use(says('Of 8, 12, 13 or 14 digits; leading zeros count.'))
      .optional(),
    active: vine
      .boolean({ strict: true })
      .use(says('Whether it is for sale; it is, unless you say otherwise.'))
      .optional(),
  })
)

export const notZero = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (value === 0) field.report('must not be 0', 'notZero', field)
  },
  { toJSONSchema: (schema) => void (schema.not = { const: 0 }) }
)

export const restockValidator = vine.compile(
  closed({
    quantity: whole({ min: 1, max: 1_000_000 }).use(says('Pieces received.')),
    reference: text(64)
      .use(says('Your own, such as the number of a purchase order.'))
      .nullable()
      .optional(),
  })
)

const note = () => text(500).use(says('For people.')).nullable().optional()

export const adjustmentValidator = vine.compile(
  closed({
    delta: whole({ min: -1_000_000, max: 1_000_000 })
      .use(notZero(undefined))
      .use(says('Pieces more, or fewer with a minus.')),
    reason: vine.enum(REASONS),
    note: note(),
  })
)

export const countValidator = vine.compile(
  closed({
    counted: whole({ min: 0, max: 2_000_000_000 }).use(says('Pieces that lie there.')),
    expectedOnHand: whole({ min: 0, max: 2_000_000_000 }).use(
      says('On hand when the counting began: what has moved since is refused with `stock_moved`.')
    ),
    note: note(),
  })
)

/** The SKU in an address. */
export const skuValidator = vine.compile(vine.object({ sku: sku() }))

const KINDS = Object.keys(MOVEMENT_KINDS) as MovementKind[]

const movementParameters = {
  kind: several(vine.enum(KINDS), KINDS.length)
    .use(says('Repeat it, or separate the values by commas.'))
    .optional(),
  actorId: vine.string().uuid().use(says('Who did it.')).optional(),
  reference: text(64).optional(),
  orderId: vine.string().uuid().optional().requiredIfExists('messageId'),
  messageId: vine.string().uuid().use(says('Of the order that `orderId` names.')).optional(),
  importId: vine.string().uuid().optional(),
  from: instant('At this time or later.').optional(),
  before: instant('Before this time.').optional(),
}

/** Of the ledger of one SKU. */
export const movementListParameters = listParameters(movementParameters)

/** Of the ledger of all. */
export const allMovementsParameters = listParameters({
  sku: sku().optional(),
  ...movementParameters,
})

/** Of the lists of products and of balances. */
export const stockListParameters = listParameters({
  q: search().use(says('A part of the SKU or the name, in whatever case.')).optional(),
  sku: several(sku(), 100).use(says('Repeat it, or separate the values by commas.')).optional(),
  level: vine.enum(['low', 'out', 'in']).use(says('As `availability` of the products.')).optional(),
  updatedAfter: instant('Changed at this time or later.').optional(),
})
