import vine from '@vinejs/vine'
import {
  strictObject,
  email,
  HIGHEST_PRICE,
  linklessText,
  money,
  says,
  sku,
  text,
  webAddress,
  whole,
} from '#http/fields'
import { flag, instant, commaSeparated } from '#http/list_parameters'
import { listParameters } from '#http/pages'
import { STATUSES } from '../order_state_machine.ts'

const line = () =>
  strictObject({
    sku: sku(),
    quantity: whole({ min: 1, max: 1_000_000 }).use(
      says('Pieces. At most 1,000,000 in all lines of one SKU.')
    ),
    unitPrice: money(HIGHEST_PRICE)
      .use(says('Only services can set a price. Default: the current price.'))
      .optional(),
  })

const lines = () => vine.array(line()).minLength(1).maxLength(100)

const shipTo = () =>
  strictObject({
    name: linklessText(200),
    address: vine.array(linklessText(200)).minLength(1).maxLength(5),
    country: vine.string().regex(/^[A-Z]{2}$/),
  })

const expectedTotal = () =>
  money(Number.MAX_SAFE_INTEGER)
    .use(
      says(
        'The total you have shown your customer. If the total differs, the request fails with `price_changed`.'
      )
    )
    .optional()

export const placeOrderValidator = vine.compile(
  strictObject({
    lines: lines(),
    email: email()
      .use(
        says(
          'The recipient of mails about the order. Default: the e-mail of the account. Customers can send only that one.'
        )
      )
      .optional(),
    name: linklessText(200)
      .use(says('Used in mails. Default: the name of the account.'))
      .optional(),
    reference: text(64)
      .use(says('Your own reference. You can list orders by it.'))
      .nullable()
      .optional(),
    customerId: vine
      .string()
      .uuid()
      .use(says('The account of the customer. Only for staff and services.'))
      .nullable()
      .optional(),
    shipTo: shipTo().use(says('The delivery address.')).nullable().optional(),
    expectedTotal: expectedTotal(),
  })
)

export const reviseOrderValidator = vine.compile(
  strictObject({
    lines: lines().use(says('Replaces all lines of the order.')).optional(),
    email: email().use(says('Customers can send only the e-mail of their account.')).optional(),
    name: linklessText(200).optional(),
    reference: text(64).use(says('Null removes it.')).nullable().optional(),
    shipTo: shipTo().use(says('Null removes it.')).nullable().optional(),
    expectedTotal: expectedTotal(),
  })
)

export const cancelOrderValidator = vine.compile(
  strictObject({ reason: text(500).nullable().optional() })
)

export const fulfilOrderValidator = vine.compile(
  strictObject({
    revision: whole({ min: 1, max: 2_147_483_647 }).use(
      says(
        'The revision of the lines in the parcel: the `heldRevision` of the order, as printed on the slip.'
      )
    ),
    carrier: text(100).use(says('The carrier of the parcel.')).nullable().optional(),
    trackingNumber: text(100).nullable().optional(),
    trackingUrl: webAddress(2_000)
      .use(says('Where the customer can track the parcel.'))
      .nullable()
      .optional(),
  })
)

export const orderListParameters = listParameters({
  status: commaSeparated(vine.enum(STATUSES), STATUSES.length)
    .use(says('Repeat the parameter, or separate values with commas.'))
    .optional(),
  customerId: vine.string().uuid().optional(),
  email: email().use(says('The e-mail of the order; case is ignored.')).optional(),
  number: vine
    .string()
    .trim()
    .regex(/^([Qq]-)?\d{1,15}$/)
    .use(says('With or without `Q-`.'))
    .optional(),
  reference: text(64).optional(),
  sku: sku().use(says('Orders with this SKU among their lines.')).optional(),
  attention: flag('Orders that need attention.').optional(),
  placedAfter: instant('At this time or later.').optional(),
  placedBefore: instant('Before this time.').optional(),
  updatedAfter: instant(
    'Changed at this time or later. For polling, use a small overlap.'
  ).optional(),
})
