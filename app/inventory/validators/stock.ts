import vine from '@vinejs/vine'
import { closed, money, sku, text, whole } from '#http/fields'
import { instant, search, several } from '#http/list_parameters'
import { listParameters } from '#http/pages'

export const productValidator = vine.compile(
  closed({
    name: text(200),
    price: money(100_000_000),
    lowStockAt: whole({ min: 0, max: 2_000_000_000 }).nullable().optional(),
    barcodes: vine
      .array(vine.string().regex(/^\d{8}$|^\d{12,14}$/))
      .maxLength(10)
      .distinct()
      .optional(),
    active: vine.boolean({ strict: true }).optional(),
  })
)

export const restockValidator = vine.compile(
  closed({
    quantity: whole({ min: 1, max: 1_000_000 }),
    reference: text(64).nullable().optional(),
  })
)

/** The SKU in an address. */
export const skuValidator = vine.compile(vine.object({ sku: sku() }))

/** Of the lists of products and of balances. */
export const stockListParameters = listParameters({
  q: search().optional(),
  sku: several(sku(), 100).optional(),
  level: vine.enum(['low', 'out', 'in']).optional(),
  updatedAfter: instant().optional(),
})
