/*
 * The schemas of orders in /openapi.json. The compiler checks that they have the fields of order_body.ts.
 */
import type { Shortage } from '#contracts/messages/fields'
import {
  object,
  explained,
  oneOf,
  flag,
  list,
  orNull,
  ref,
  text,
  time,
  uuid,
  whole,
  type Schema,
} from '#http/openapi/schema'
import { newOrder } from '../../placing/new_order.ts'
import type { OrderRecord, ShipTo } from '../../store/order.ts'
import type { Status } from '../../order_state_machine.ts'
import { orderBody, type OrderBody } from './order_body.ts'

const statuses: Record<Status, string> = {
  pending: 'accepted; inventory has not replied yet',
  confirmed: 'the lines are held',
  updating: 'a change waits for inventory; the earlier lines stay held',
  rejected: 'not enough stock; nothing is held',
  cancelled: 'cancelled; nothing is held',
  fulfilled: 'shipped',
}

const line = object<OrderBody['lines'][number]>({
  sku: text(),
  name: text('The name of the product when it was ordered.'),
  quantity: whole('Units.', 1),
  unitPrice: ref('Money'),
  total: ref('Money'),
})

const shortage = object<Shortage>({
  sku: text(),
  requested: whole('Units that the order requested.', 0),
  available: whole('Units that were available to the order.', 0),
})

const shipTo = object<ShipTo>({
  name: text(),
  address: { ...list(text()), minItems: 1, maxItems: 5 },
  country: text('ISO 3166-1 alpha-2, such as `DE`.'),
})

const order = object<OrderBody>({
  id: uuid('The id of the order. Newer orders have higher ids.'),
  number: text('The number that people see, in mails, on slips and in search.'),
  reference: orNull(text('Your own reference.')),
  customerId: orNull(uuid('The account of the customer; null for a guest.')),
  status: ref('OrderStatus'),
  revision: whole('Incremented by each change of lines, by cancellation and by fulfilment.', 1),
  heldRevision: orNull(
    whole(
      'The revision whose lines are held; null if none are, and once the stock of a cancelled or fulfilled order has been released or deducted.',
      1
    )
  ),
  version: whole(
    'Incremented by every change. It is the ETag, and the sequence of the last step.',
    1
  ),
  attention: flag('Inventory has not replied for a long time; an operator should investigate.'),
  email: text('The recipient of mails about the order.'),
  name: text(),
  shipTo: orNull(ref('ShipTo')),
  lines: {
    ...list(ref('Line')),
    description:
      'The lines in force: the held lines, or the requested lines while nothing is held. Units of one SKU ordered at different prices are separate lines, the older first.',
  },
  requestedLines: {
    ...orNull(list(ref('Line'))),
    description:
      'The requested lines while other lines are held and inventory has not replied; else null.',
  },
  total: ref('Money'),
  shortages: {
    ...list(ref('Shortage')),
    description:
      'Why the order was rejected or its last change declined. Empty after the next change, cancellation or fulfilment.',
  },
  placedAt: time('When it was placed.'),
  updatedAt: time('When it last changed.'),
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

const current = object<Current>({
  status: ref('OrderStatus'),
  revision: whole('The current revision.', 1),
  heldRevision: orNull(whole('The revision whose lines are held; null if none are.', 1)),
  version: whole('The current version.', 1),
})

export const orderSchemas: Record<string, Schema> = {
  Order: order,
  OrderStatus: oneOf(Object.keys(statuses), explained(statuses)),
  OrderState: { ...current, description: 'The current state of the order.' },
  Line: line,
  Shortage: shortage,
  ShipTo: shipTo,
}

/** Examples: one order in several statuses. */
export const placedOrder = orderBody({
  ...newOrder(
    { lines: [], reference: 'shop-4711' },
    {
      id: '0199f3a1-1b2c-7f00-8d11-5a6b7c8d9e0f',
      role: 'customer',
      email: 'ada@example.com',
      name: 'Ada',
    },
    {
      lines: [{ sku: 'MUG-RED', quantity: 2, name: 'Red mug', unitPrice: 1250 }],
      currency: 'EUR',
    }
  ),
  id: '0199f3a2-7c11-7d3e-9a54-3f2b8c6d1e70',
  number: 'Q-100001',
  placedAt: '2026-11-22T12:00:00.000Z',
  updatedAt: '2026-11-22T12:00:00.000Z',
})

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
  requestedLines: [
    { ...placedOrder.lines[0], quantity: 5, total: { amount: 6250, currency: 'EUR' } },
  ],
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
