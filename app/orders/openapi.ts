/*
 * What orders says of its operations in /openapi.json.
 */
import type { Section } from '#http/openapi/description'
import { list, oneOf, page, pageOf, ref, text, whole, answer } from '#http/openapi/schema'
import { noFilters } from '#http/pages'
import type { ProblemCode } from '#http/problem_catalogue'
import {
  cancelledOrder,
  confirmedOrder,
  fulfilledOrder,
  orderSchemas,
  placedOrder,
  updatingOrder,
} from './transformers/order_schema.ts'
import { liveOperations, liveSchemas, liveTag } from './live/openapi.ts'
import { placedStep, stepSchema } from './transformers/step_schema.ts'
import {
  cancelOrderValidator,
  fulfilOrderValidator,
  orderListParameters,
  placeOrderValidator,
  reviseOrderValidator,
} from './validators/order.ts'

const BUYERS = ['customer', 'clerk', 'admin', 'service'] as const

/** What pricing the lines can refuse. */
const LINES: ProblemCode[] = [
  'unknown_sku',
  'not_for_sale',
  'mixed_currencies',
  'quantity_too_large',
  'total_too_large',
  'price_not_yours',
  'unit_prices_differ',
]

const twoMugs = [{ sku: 'MUG-RED', quantity: 2 }]

const state = {
  current: {
    ...ref('OrderState'),
    examples: [{ status: 'cancelled', revision: 2, heldRevision: 1, version: 3 }],
  },
}

const moves = {
  ...state,
  allowed: {
    ...list(oneOf(['change', 'cancellation', 'fulfilment'])),
    description: 'What the order would allow now.',
    examples: [[]],
  },
}

const changes = {
  ...list(
    answer<{ sku: 1; packed: 1; inForce: 1 }>({
      sku: text(),
      packed: whole('Pieces in the parcel.', 0),
      inForce: whole('Pieces that should be in it.', 0),
    })
  ),
  description: 'Where the parcel differs from the lines in force.',
  examples: [[{ sku: 'MUG-RED', packed: 2, inForce: 5 }]],
}

export const openapi: Section = {
  tags: [
    {
      name: 'Orders',
      description:
        'An order is `pending` until inventory has answered, some milliseconds later: `confirmed` when all of it is held, else `rejected` with the shortages. A change of a confirmed order makes it `updating`; what was held stays held until the change is granted, and when it is declined.',
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
    order_not_open: moves,
    order_not_confirmed: moves,
    revision_moved: { ...moves, changes },
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
        'At today’s prices. Two lines of one SKU are one line with the sum. Customers place for themselves; staff and services may name the account in `customerId`, or leave it out for a guest. `email` and `name` default to those of the account, and are required with another’s `customerId`. The same key again gives the first answer, with `Idempotent-Replayed`; under `Prefer` it gives the order as inventory has answered it by then.',
      access: BUYERS,
      headers: ['Idempotency-Key!', 'Prefer'],
      body: {
        schema: placeOrderValidator,
        examples: {
          'As a customer': { lines: twoMugs, reference: 'shop-4711' },
          'As a shop, for a guest': { lines: twoMugs, email: 'ada@example.com', name: 'Ada' },
        },
      },
      answers: {
        201: {
          description:
            'As preferred, inventory has answered: mostly it is `confirmed` or `rejected`.',
          headers: ['Location', 'ETag', 'Preference-Applied', 'Idempotent-Replayed?'],
          schema: ref('Order'),
          example: confirmedOrder,
        },
        202: {
          description: 'Accepted: it is `pending`.',
          headers: ['Location', 'ETag', 'Idempotent-Replayed?'],
          schema: ref('Order'),
          example: placedOrder,
        },
      },
      problems: [...LINES, 'price_changed', 'not_your_account', 'too_many_placements'],
    },
    'GET /api/v1/orders': {
      id: 'listOrders',
      tag: 'Orders',
      summary: 'List orders, the newest first',
      description: 'Customers see their own, everyone else all.',
      access: 'signed in',
      query: orderListParameters,
      answers: {
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
      answers: {
        200: {
          description: 'The order as it is now.',
          headers: ['ETag'],
          schema: ref('Order'),
          example: confirmedOrder,
        },
      },
      problems: ['not_found'],
    },
    'PATCH /api/v1/orders/{id}': {
      id: 'changeOrder',
      tag: 'Orders',
      summary: 'Change an order',
      description:
        'While it is pending, confirmed or updating. `lines` are all lines that the order should have from now on: kept SKUs keep their price, new ones get today’s. Fields that are left out stay as they are. If-Match passes when no caller has changed the order since that version; inventory’s answers meanwhile do no harm.',
      access: BUYERS,
      headers: ['If-Match!', 'Prefer'],
      body: {
        schema: reviseOrderValidator,
        examples: {
          'Other lines': { lines: [{ sku: 'MUG-RED', quantity: 5 }] },
          'Another address for mails': { email: 'ada@home.example.com' },
        },
      },
      answers: {
        200: {
          description:
            'Done: the lines are the same. Or as preferred, inventory has answered: `heldRevision` is `revision` where the change was granted, and `shortages` says what it lacked where it was not.',
          headers: ['ETag', 'Preference-Applied?'],
          schema: ref('Order'),
          example: confirmedOrder,
        },
        202: {
          description: 'Other lines were asked for: inventory answers next.',
          headers: ['ETag'],
          schema: ref('Order'),
          example: updatingOrder,
        },
      },
      problems: ['not_found', 'order_not_open', ...LINES],
    },
    'POST /api/v1/orders/{id}/cancellation': {
      id: 'cancelOrder',
      tag: 'Orders',
      summary: 'Cancel an order',
      description:
        'At once, while it is pending, confirmed or updating. One that is cancelled already is answered as it is.',
      access: BUYERS,
      headers: ['Idempotency-Key', 'If-Match'],
      body: {
        schema: cancelOrderValidator,
        examples: { 'With a reason': { reason: 'Ordered twice' } },
      },
      answers: {
        200: {
          description: 'The cancelled order.',
          headers: ['ETag', 'Idempotent-Replayed?'],
          schema: ref('Order'),
          example: cancelledOrder,
        },
      },
      problems: ['not_found', 'order_not_open'],
    },
    'POST /api/v1/orders/{id}/fulfilment': {
      id: 'fulfilOrder',
      tag: 'Orders',
      summary: 'Ship a confirmed order',
      description:
        'The goods have left the building: stock on hand drops. `revision` names the lines in the parcel, which is the order’s `heldRevision` as printed on the slip. Sent again, it is answered as it is.',
      access: ['clerk', 'admin'],
      headers: ['Idempotency-Key', 'If-Match'],
      body: {
        schema: fulfilOrderValidator,
        examples: {
          'With a parcel to track': {
            revision: 1,
            carrier: 'DHL',
            trackingNumber: '00340434161094042557',
          },
        },
      },
      answers: {
        200: {
          description: 'The fulfilled order.',
          headers: ['ETag', 'Idempotent-Replayed?'],
          schema: ref('Order'),
          example: fulfilledOrder,
        },
      },
      problems: ['not_found', 'order_not_open', 'order_not_confirmed', 'revision_moved'],
    },
    'GET /api/v1/orders/{id}/timeline': {
      id: 'readTimeline',
      tag: 'Orders',
      summary: 'Read what happened to an order, step by step',
      description:
        'The oldest step first. Customers are not told who of the staff it was, nor of messages and mails.',
      access: 'signed in',
      query: noFilters,
      answers: {
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
