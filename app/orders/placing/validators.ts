import vine from '@vinejs/vine'
import {
  strictObject,
  email,
  HIGHEST_PRICE,
  linklessText,
  money,
  named,
  describe,
  sku,
  text,
  whole,
} from '#http/fields'

const line = () =>
  strictObject({
    sku: sku(),
    quantity: whole({ min: 1, max: 1_000_000 }).use(
      describe('Units. At most 1,000,000 in all lines of one SKU.')
    ),
    unitPrice: money(HIGHEST_PRICE)
      .use(describe('Only services can set a price. Default: the current price.'))
      .optional(),
  }).use(named('LineInput'))

export const lines = () => vine.array(line()).minLength(1).maxLength(100)

export const shipTo = () =>
  strictObject({
    name: linklessText(200),
    address: vine.array(linklessText(200)).minLength(1).maxLength(5),
    country: vine.string().regex(/^[A-Z]{2}$/),
  }).use(named('ShipToInput'))

export const expectedTotal = () =>
  money(Number.MAX_SAFE_INTEGER, 'TotalInput')
    .use(
      describe(
        'The total you have shown your customer. If the total differs, the request fails with `price_changed`.'
      )
    )
    .optional()

export const placeOrderValidator = vine.compile(
  strictObject({
    lines: lines(),
    email: email()
      .use(
        describe(
          'The recipient of mails about the order. Default: the e-mail of the account. Customers can send only that one.'
        )
      )
      .optional(),
    name: linklessText(200)
      .use(describe('Used in mails. Default: the name of the account.'))
      .optional(),
    reference: text(64)
      .use(describe('Your own reference. You can list orders by it.'))
      .nullable()
      .optional(),
    customerId: vine
      .string()
      .uuid()
      .use(describe('The account of the customer. Only for staff and services.'))
      .nullable()
      .optional(),
    shipTo: shipTo().use(describe('The delivery address.')).nullable().optional(),
    expectedTotal: expectedTotal(),
  })
)
