/*
 * The operations of orders in /openapi.json.
 */
import type { Section, Success } from '#http/openapi/description'
import type { ResponseHeader } from '#http/openapi/headers'
import { resourceResponses } from '#http/openapi/responses'
import { extensible, list, page, pageOf, ref, text, whole, object } from '#http/openapi/schema'
import { noFilters } from '#http/pagination'
import type { ProblemCode } from '#http/problem_catalogue'
import {
  cancelledOrder,
  confirmedOrder,
  fulfilledOrder,
  orderSchemas,
  placedOrder,
  updatingOrder,
} from './transformers/order_schema.ts'
import type { OrderBody } from './transformers/order_body.ts'
import { liveOperations, liveSchemas, liveTag } from './streams/openapi.ts'
import { placedStep, stepSchema } from './transformers/step_schema.ts'
import {
  cancelOrderValidator,
  fulfilOrderValidator,
  reviseOrderValidator,
} from '../changes/validators.ts'
import { placeOrderValidator } from '../placing/validators.ts'
import { orderListParameters } from '../queries/list_parameters.ts'

const BUYERS = ['customer', 'clerk', 'admin', 'service'] as const

/** The problems of pricing lines. */
const LINES: ProblemCode[] = [
  'unknown_sku',
  'not_for_sale',
  'mixed_currencies',
  'quantity_too_large',
  'total_too_large',
  'price_not_yours',
  'unit_prices_differ',
  'order_limit_exceeded',
  'email_not_yours',
]

const twoMugs = [{ sku: 'MUG-RED', quantity: 2 }]

const state = {
  current: {
    ...ref('OrderState'),
    examples: [{ status: 'cancelled', revision: 2, heldRevision: 1, version: 3 }],
  },
}

const actions = {
  ...state,
  allowed: {
    ...list(extensible(['change', 'cancellation', 'fulfilment'])),
    description: 'The actions that the order allows now.',
    examples: [[]],
  },
}

const changes = {
  ...list(
    object<{ sku: 1; packed: 1; inForce: 1 }>(
      {
        sku: text(),
        packed: whole('Units in the parcel.', 0),
        inForce: whole('Units in the lines in force.', 0),
      },
      'ParcelDifference'
    )
  ),
  description: 'The SKUs whose units in the parcel differ from the lines in force.',
  examples: [[{ sku: 'MUG-RED', packed: 2, inForce: 5 }]],
}

const CHANGED: ResponseHeader[] = ['ETag', 'Idempotent-Replayed?']

function withOrder(description: string, example: OrderBody, headers = CHANGED): Success {
  return { description, headers, schema: ref('Order'), example }
}

export const openapi: Section = {
  tags: [
    {
      name: 'Orders',
      description:
        'An order is `pending` until inventory replies, usually within milliseconds. It is then `confirmed` if all its lines are held, or else `rejected` with the shortages. A change to a confirmed order makes it `updating`: the held lines stay held until inventory accepts the change, and also if inventory declines it.',
    },
    liveTag,
  ],
  schemas: { ...orderSchemas, Step: stepSchema, ...liveSchemas },
  parameters: {
    id: {
      description: 'The id of the order.',
      example: placedOrder.id,
      schema: { type: 'string', format: 'uuid' },
    },
  },
  members: {
    version_moved: state,
    order_not_open: actions,
    order_not_confirmed: actions,
    revision_moved: { ...actions, changes },
    order_limit_exceeded: {
      limit: {
        ...extensible(
          ['line_pieces', 'open_orders', 'held_pieces'],
          'The limit that was exceeded: `line_pieces`, `open_orders` or `held_pieces`.'
        ),
        examples: ['open_orders'],
      },
      setting: {
        ...text('The setting that configures the limit.'),
        examples: ['CUSTOMER_OPEN_ORDERS'],
      },
      value: { ...whole('Its value.', 1), examples: [20] },
    },
    price_changed: {
      lines: { ...list(ref('Line')), examples: [placedOrder.lines] },
      total: { ...ref('Money'), examples: [placedOrder.total] },
    },
  },
  operations: {
    'POST /api/v1/orders': {
      id: 'placeOrder',
      tag: 'Orders',
      summary: 'Place an order',
      description:
        'Places an order at current prices. Several lines of one SKU count as one line with the sum. Customers order for themselves; staff and services can set `customerId` to the account of a customer, or leave it out for a guest. `email` and `name` default to those of the caller’s account, and are required with the `customerId` of another account. A repeated key returns the first response, with `Idempotent-Replayed`; with `Prefer`, it returns the order after inventory’s reply.',
      access: BUYERS,
      headers: ['Idempotency-Key!', 'Prefer'],
      body: {
        schema: placeOrderValidator,
        examples: {
          'As a customer': { lines: twoMugs, reference: 'shop-4711' },
          'As a shop, for a guest': { lines: twoMugs, email: 'ada@example.com', name: 'Ada' },
        },
      },
      responses: {
        201: withOrder(
          'With `Prefer`: inventory has replied. The order is usually `confirmed` or `rejected`.',
          confirmedOrder,
          ['Location', 'ETag', 'Preference-Applied', 'Idempotent-Replayed?']
        ),
        202: withOrder('Accepted. The order is `pending`.', placedOrder, [
          'Location',
          'ETag',
          'Idempotent-Replayed?',
        ]),
      },
      problems: [
        ...LINES,
        'price_changed',
        'not_your_account',
        'too_many_own_placements',
        'too_many_placements',
      ],
    },
    'GET /api/v1/orders': {
      id: 'listOrders',
      tag: 'Orders',
      summary: 'List orders, newest first',
      description: 'Customers see their own orders, other roles all orders.',
      access: 'signed in',
      query: orderListParameters,
      responses: {
        200: {
          description: 'A page of orders.',
          schema: page(ref('Order')),
          example: pageOf(confirmedOrder),
        },
      },
    },
    'GET /api/v1/orders/{id}': {
      id: 'readOrder',
      tag: 'Orders',
      summary: 'Read an order',
      access: 'signed in',
      headers: ['If-None-Match.read'],
      responses: resourceResponses(withOrder('The order.', confirmedOrder, ['ETag'])),
      problems: ['not_found'],
    },
    'PATCH /api/v1/orders/{id}': {
      id: 'changeOrder',
      tag: 'Orders',
      summary: 'Change an order',
      description:
        'Possible while the order is pending, confirmed or updating. `lines` replaces all lines. Current units keep their price; further units of the same SKU become a separate line at the current price. A decrease removes the newest units first. Several lines of one SKU count as one line with the sum. Omitted fields do not change. If-Match fails only if another caller has changed the order since that version; replies from inventory do not matter. A repeated Idempotency-Key returns the first response, even if the order has changed since.',
      access: BUYERS,
      headers: ['Idempotency-Key', 'If-Match!', 'Prefer'],
      body: {
        schema: reviseOrderValidator,
        examples: {
          'Change the lines': { lines: [{ sku: 'MUG-RED', quantity: 5 }] },
          'Change the e-mail': { email: 'ada@home.example.com' },
        },
      },
      responses: {
        200: withOrder(
          'The lines did not change. Or, with `Prefer`: inventory has replied. If it accepted the change, `heldRevision` equals `revision`; if not, `shortages` lists what was missing.',
          confirmedOrder,
          ['ETag', 'Preference-Applied?', 'Idempotent-Replayed?']
        ),
        202: withOrder('The lines changed. Inventory has not replied yet.', updatingOrder),
      },
      problems: ['not_found', 'order_not_open', 'price_changed', ...LINES],
    },
    'POST /api/v1/orders/{id}/cancellation': {
      id: 'cancelOrder',
      tag: 'Orders',
      summary: 'Cancel an order',
      description:
        'Takes effect immediately. Possible while the order is pending, confirmed or updating. Has no effect on an order that is already cancelled.',
      access: BUYERS,
      headers: ['Idempotency-Key', 'If-Match'],
      body: {
        schema: cancelOrderValidator,
        examples: { 'With a reason': { reason: 'Ordered twice' } },
      },
      responses: { 200: withOrder('The cancelled order.', cancelledOrder) },
      problems: ['not_found', 'order_not_open'],
    },
    'POST /api/v1/orders/{id}/fulfilment': {
      id: 'fulfilOrder',
      tag: 'Orders',
      summary: 'Fulfil a confirmed order',
      description:
        'Marks the order as shipped and deducts its units from stock on hand. `revision` names the lines in the parcel and must be the `heldRevision` of the order, which is printed on the slip. Has no effect on an order that was already fulfilled with this revision.',
      access: ['clerk', 'admin'],
      headers: ['Idempotency-Key', 'If-Match'],
      body: {
        schema: fulfilOrderValidator,
        examples: {
          'With tracking': {
            revision: 1,
            carrier: 'DHL',
            trackingNumber: '00340434161094042557',
          },
        },
      },
      responses: { 200: withOrder('The fulfilled order.', fulfilledOrder) },
      problems: ['not_found', 'order_not_open', 'order_not_confirmed', 'revision_moved'],
    },
    'GET /api/v1/orders/{id}/timeline': {
      id: 'readTimeline',
      tag: 'Orders',
      summary: 'Read the timeline of an order',
      description:
        'Oldest step first. Customers do not see which staff member made a step, nor messages and mails.',
      access: 'signed in',
      query: noFilters,
      responses: {
        200: {
          description: 'A page of steps.',
          schema: page(ref('Step')),
          example: pageOf(placedStep),
        },
      },
      problems: ['not_found'],
    },
    ...liveOperations,
  },
}
