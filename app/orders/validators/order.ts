import vine from '@vinejs/vine'
import { closed, email, money, says, sku, text, webAddress, whole } from '#http/fields'
import { flag, instant, several } from '#http/list_parameters'
import { listParameters } from '#http/pages'
import { STATUSES } from '../order_status.ts'

const HIGHEST_PRICE = 100_000_000

const line = () =>
  closed({
    sku: sku(),
    quantity: whole({ min: 1, max: 1_000_000 }).use(
      says('Pieces; all lines of one SKU together at most 1,000,000.')
    ),
    unitPrice: money(HIGHEST_PRICE)
      .use(says('Services alone may set a price; else it is today’s.'))
      .optional(),
  })

const lines = () => vine.array(line()).minLength(1).maxLength(100)

const shipTo = () =>
  closed({
    name: text(200),
    address: vine.array(text(200)).minLength(1).maxLength(5),
    country: vine.string().regex(/^[A-Z]{2}$/),
  })

export const placeOrderValidator = vine.compile(
  closed({
    lines: lines(),
    email: email().use(says('Where mails about the order go; else to the account’s.')).optional(),
    name: text(200).use(says('For mails; else the account’s.')).optional(),
    reference: text(64)
      .use(says('Your own number for the order; orders can be listed by it.'))
      .nullable()
      .optional(),
    customerId: vine
      .string()
      .uuid()
      .use(says('The account that may see the order; for staff and services.'))
      .nullable()
      .optional(),
    shipTo: shipTo().use(says('Where the goods go.')).nullable().optional(),
    expectedTotal: money(Number.MAX_SAFE_INTEGER)
      .use(
        says('What you have shown your customer: another total is refused with `price_changed`.')
      )
      .optional(),
  })
)

export const reviseOrderValidator = vine.compile(
  closed({
    lines: lines().use(says('All lines that the order should have from now on.')).optional(),
    email: email().optional(),
    name: text(200).optional(),
    reference: text(64).use(says('Null removes it.')).nullable().optional(),
    shipTo: shipTo().use(says('Null removes it.')).nullable().optional(),
  })
)

export const cancelOrderValidator = vine.compile(
  closed({ reason: text(500).nullable().optional() })
)

export const fulfilOrderValidator = vine.compile(
  closed({
    revision: whole({ min: 1, max: 2_147_483_647 }).use(
      says(
        'The revision of the lines in the parcel: the order’s `heldRevision`, as printed on the slip.'
      )
    ),
    carrier: text(100).use(says('Who brings it.')).nullable().optional(),
    trackingNumber: text(100).nullable().optional(),
    trackingUrl: webAddress(2_000)
      .use(says('Where the customer can follow the parcel.'))
      .nullable()
      .optional(),
  })
)

export const orderListParameters = listParameters({
  status: several(vine.enum(STATUSES), STATUSES.length)
    .use(says('Repeat it, or separate the values by commas.'))
    .optional(),
  customerId: vine.string().uuid().optional(),
  email: email().use(says('Of the order, in whatever case.')).optional(),
  number: vine
    .string()
    .trim()
    .regex(/^([Qq]-)?\d{1,15}$/)
    .use(says('With or without `Q-`.'))
    .optional(),
  reference: text(64).optional(),
  sku: sku().use(says('Orders that have it among their lines.')).optional(),
  attention: flag('Orders that an operator should look at.').optional(),
  placedAfter: instant('At this time or later.').optional(),
  placedBefore: instant('Before this time.').optional(),
  updatedAfter: instant(
    'Changed at this time or later. For polling, ask with a small overlap.'
  ).optional(),
})
