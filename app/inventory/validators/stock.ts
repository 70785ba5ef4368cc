import vine from '@vinejs/vine'
import { closed, money, says, sku, text, whole } from '#http/fields'
import { instant, search, several } from '#http/list_parameters'
import { listParameters } from '#http/pages'

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

export const restockValidator = vine.compile(
  closed({
    quantity: whole({ min: 1, max: 1_000_000 }).use(says('Pieces received.')),
    reference: text(64)
      .use(says('Your own, such as the number of a purchase order.'))
      .nullable()
      .optional(),
  })
)

/** The SKU in an address. */
export const skuValidator = vine.compile(vine.object({ sku: sku() }))

/** Of the lists of products and of balances. */
export const stockListParameters = listParameters({
  q: search().use(says('A part of the SKU or the name, in whatever case.')).optional(),
  sku: several(sku(), 100).use(says('Repeat it, or separate the values by commas.')).optional(),
  level: vine.enum(['low', 'out', 'in']).use(says('As `availability` of the products.')).optional(),
  updatedAfter: instant('Changed at this time or later.').optional(),
})
