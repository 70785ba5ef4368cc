/*
 * An order as the API documents it: the same fields as in order_body.ts, or the types do not check.
 */
import type { Shortage } from '#contracts/fields'
import {
  answer,
  flag,
  list,
  oneOf,
  orNull,
  ref,
  text,
  time,
  uuid,
  whole,
  type Schema,
} from '#http/openapi/schema'
import type { OrderRecord, ShipTo } from '../models/order.ts'
import type { Status } from '../order_status.ts'
import type { OrderBody } from './order_body.ts'

const statuses: Record<Status, string> = {
  pending: 'accepted, inventory has not answered yet',
  confirmed: 'the stock is held',
  updating: 'a change waits for inventory; what was held stays held',
  rejected: 'there was not enough; nothing is held',
  cancelled: 'ended by somebody; nothing is held',
  fulfilled: 'shipped',
}

export const statusSchema = oneOf(
  Object.keys(statuses),
  Object.entries(statuses)
    .map(([status, meaning]) => `\`${status}\`: ${meaning}.`)
    .join(' ')
)

const line = answer<OrderBody['lines'][number]>({
  sku: text(),
  name: text('As the product was called when it was ordered.'),
  quantity: whole('Pieces.', 1),
  unitPrice: ref('Money'),
  total: ref('Money'),
})

const shortage = answer<Shortage>({
  sku: text(),
  requested: whole('Pieces that the order asked for.', 0),
  available: whole('Pieces that it could have had.', 0),
})

const shipTo = answer<ShipTo>({
  name: text(),
  address: { ...list(text()), minItems: 1, maxItems: 5 },
  country: text('ISO 3166-1 alpha-2, such as `DE`.'),
})

const order = answer<OrderBody>({
  id: uuid('The key of the order. Newer orders have higher ids.'),
  number: text('For people: on mails, slips and in search.'),
  reference: orNull(text('Your own.')),
  customerId: orNull(uuid('The account that may see it; null for a guest.')),
  status: ref('OrderStatus'),
  revision: whole('Counts the changes of lines, with the cancellation and the fulfilment.', 1),
  heldRevision: orNull(whole('The revision whose lines are held; null when none are.', 1)),
  version: whole('Counts every change: it is the ETag, and the sequence of the last step.', 1),
  attention: flag('Inventory has not answered for long: an operator should look.'),
  email: text('Where mails about the order go.'),
  name: text(),
  shipTo: orNull(ref('ShipTo')),
  lines: {
    ...list(ref('Line')),
    description: 'Those in force: the held ones; what was asked for while nothing is held.',
  },
  requestedLines: {
    ...orNull(list(ref('Line'))),
    description:
      'Those asked for, while others are held and inventory has not answered; else null.',
  },
  total: ref('Money'),
  shortages: {
    ...list(ref('Shortage')),
    description: 'Why the last wish was declined; else empty.',
  },
  placedAt: time('When it was placed.'),
  updatedAt: time('When it changed last.'),
  confirmedAt: orNull(time('When it was first confirmed.')),
  rejectedAt: orNull(time('When it was rejected.')),
  cancelledAt: orNull(time('When it was cancelled.')),
  cancelReason: orNull(text()),
  fulfilledAt: orNull(time('When it was fulfilled.')),
  carrier: orNull(text()),
  trackingNumber: orNull(text()),
  trackingUrl: orNull(text()),
})

type Current = Pick<OrderRecord, 'status' | 'revision' | 'heldRevision' | 'version'>

const current = answer<Current>({
  status: ref('OrderStatus'),
  revision: whole('The current one.', 1),
  heldRevision: orNull(whole('The one whose lines are held.', 1)),
  version: whole('The current one.', 1),
})

export const orderSchemas: Record<string, Schema> = {
  Order: order,
  OrderStatus: statusSchema,
  OrderState: { ...current, description: 'How the order stands now.' },
  Line: line,
  Shortage: shortage,
  ShipTo: shipTo,
}

/** Examples: one order through its life. */
const euros = (amount: number) => ({ amount, currency: 'EUR' })

const mugs = {
  sku: 'MUG-RED',
  name: 'Red mug',
  quantity: 2,
  unitPrice: euros(1250),
  total: euros(2500),
}

export const placedOrder: OrderBody = {
  id: '0199f3a2-7c11-7d3e-9a54-3f2b8c6d1e70',
  number: 'Q-100001',
  reference: 'shop-4711',
  customerId: '0199f3a1-1b2c-7f00-8d11-5a6b7c8d9e0f',
  status: 'pending',
  revision: 1,
  heldRevision: null,
  version: 1,
  attention: false,
  email: 'ada@example.com',
  name: 'Ada',
  shipTo: null,
  lines: [mugs],
  requestedLines: null,
  total: euros(2500),
  shortages: [],
  placedAt: '2026-11-22T12:00:00.000Z',
  updatedAt: '2026-11-22T12:00:00.000Z',
  confirmedAt: null,
  rejectedAt: null,
  cancelledAt: null,
  cancelReason: null,
  fulfilledAt: null,
  carrier: null,
  trackingNumber: null,
  trackingUrl: null,
}

export const confirmedOrder: OrderBody = {
  ...placedOrder,
  status: 'confirmed',
  heldRevision: 1,
  version: 2,
  updatedAt: '2026-11-22T12:00:00.042Z',
  confirmedAt: '2026-11-22T12:00:00.042Z',
}

export const updatingOrder: OrderBody = {
  ...confirmedOrder,
  status: 'updating',
  revision: 2,
  version: 3,
  updatedAt: '2026-11-22T12:05:00.000Z',
  requestedLines: [{ ...mugs, quantity: 5, total: euros(6250) }],
}

export const cancelledOrder: OrderBody = {
  ...confirmedOrder,
  status: 'cancelled',
  revision: 2,
  version: 3,
  updatedAt: '2026-11-22T12:10:00.000Z',
  cancelledAt: '2026-11-22T12:10:00.000Z',
  cancelReason: 'Ordered twice',
}

export const fulfilledOrder: OrderBody = {
  ...confirmedOrder,
  status: 'fulfilled',
  revision: 2,
  version: 3,
  updatedAt: '2026-11-23T08:30:00.000Z',
  fulfilledAt: '2026-11-23T08:30:00.000Z',
  carrier: 'DHL',
  trackingNumber: '00340434161094042557',
}
