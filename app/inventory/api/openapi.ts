/*
 * The operations of inventory in /openapi.json.
 */
import type { Section } from '#http/openapi/description'
import {
  object,
  list,
  orNull,
  page,
  pageOf,
  ref,
  text,
  time,
  uuid,
  whole,
} from '#http/openapi/schema'
import { noFilters } from '#http/pages'
import type { LaterCount } from '../ledger/later_counts.ts'
import type { Holders } from '../stock/exceptions.ts'
import { importOperations } from './openapi_imports.ts'
import { importSchemas } from './transformers/import_schema.ts'
import {
  countedGoods,
  damagedGoods,
  movementSchema,
  receivedGoods,
  undoneGoods,
} from './transformers/movement_schema.ts'
import {
  shownProduct,
  staffProduct,
  stockItem,
  stockSchemas,
} from './transformers/product_schema.ts'
import {
  adjustmentValidator,
  allMovementsParameters,
  countValidator,
  movementListParameters,
  productPatchValidator,
  productValidator,
  restockValidator,
  stockListParameters,
} from './validators/stock.ts'

const holders = {
  ...object<Holders>({
    count: whole('Number of orders that hold units.', 0),
    newest: list(
      object<Holders['newest'][number]>({
        orderId: uuid('The order.'),
        quantity: whole('Units that the order holds.', 1),
      })
    ),
  }),
  description: 'The number of orders that hold units of the SKU, and the newest 20 of them.',
  examples: [
    { count: 1, newest: [{ orderId: '0199f3a2-7c11-7d3e-9a54-3f2b8c6d1e70', quantity: 2 }] },
  ],
}

const anyProduct = { anyOf: [ref('Product'), ref('StaffProduct')] }

export const openapi: Section = {
  tags: [
    { name: 'Products', description: 'Products and prices.' },
    {
      name: 'Stock',
      description:
        'On hand is the number of units on the shelf. Placing an order reserves units, fulfilling it deducts them. Every change is a movement in an append-only ledger.',
    },
    {
      name: 'Imports',
      description: 'Change many products at once: a dry run first, then apply; undo as a whole.',
    },
  ],
  schemas: { ...stockSchemas, Movement: movementSchema, ...importSchemas },
  parameters: {
    id: {
      description: 'The id of the movement.',
      example: '0199f3b0-1c9a-7e02-b1c4-0a9d8e7f6c5b',
      schema: { type: 'string', format: 'uuid' },
    },
    sku: {
      description: 'The SKU; case makes no difference.',
      example: 'MUG-RED',
      schema: {
        type: 'string',
        minLength: 1,
        maxLength: 64,
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
      },
    },
  },
  members: {
    reserved_exceeds: {
      reserved: { ...whole('Units that orders hold.', 0), examples: [2] },
      holders,
    },
    stock_moved: {
      onHand: { ...whole('Units on hand now.', 0), examples: [37] },
      movement: {
        ...orNull(ref('Movement')),
        description: 'The newest change to on hand.',
        examples: [damagedGoods],
      },
    },
    counted_since: {
      count: {
        ...object<LaterCount>({
          id: orNull(
            uuid('The movement of the count; null for an import applied by release 0.1.0.')
          ),
          sku: text(),
          counted: whole('Units on the shelf.', 0),
          actor: ref('Actor'),
          importId: orNull(uuid('The import that the count belongs to.')),
          at: time('When the count was made.'),
        }),
        description: 'The newest count after the movement.',
        examples: [
          {
            ...{ id: '0199f3b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b', sku: 'MUG-RED', counted: 50 },
            ...{ actor: receivedGoods.actor, importId: null, at: '2026-11-22T12:30:00.000Z' },
          },
        ],
      },
    },
    already_reversed: {
      reversedBy: { ...uuid('The movement that undid it.'), examples: [undoneGoods.id] },
    },
    part_of_import: {
      importId: {
        ...uuid('The import to undo.'),
        examples: ['0199f3b1-0a1b-7c2d-8e3f-405162738495'],
      },
    },
  },
  operations: {
    ...importOperations,
    'GET /api/v1/products': {
      id: 'listProducts',
      tag: 'Products',
      summary: 'List products, in SKU order',
      description:
        'Staff and services also see the available units, the low-stock level and the barcodes.',
      access: 'optional token',
      query: stockListParameters,
      responses: {
        200: {
          description: 'A page of products.',
          schema: page(anyProduct),
          example: pageOf(shownProduct),
        },
      },
    },
    'GET /api/v1/products/{sku}': {
      id: 'readProduct',
      tag: 'Products',
      summary: 'Read a product',
      access: 'optional token',
      responses: {
        200: {
          description: 'The product.',
          headers: ['ETag'],
          schema: anyProduct,
          example: shownProduct,
        },
      },
      problems: ['not_found'],
    },
    'PUT /api/v1/products/{sku}': {
      id: 'putProduct',
      tag: 'Products',
      summary: 'List a product, or replace all of its fields',
      description:
        'A missing field gets its default; stock does not change. To change single fields, send PATCH. To replace an existing product, send If-Match with its ETag, or `*` for any version; otherwise the response is 428. With `If-None-Match: *`, a product is listed only if it is new. `active: false` takes it off sale. A barcode belongs to one product in all its forms: a UPC-12 is the same code as the EAN-13 and the GTIN-14 with leading zeros. A new barcode with a wrong check digit is rejected unless `allowCheckDigit` is true, which applies to this request only.',
      access: ['clerk', 'admin'],
      headers: ['If-Match', 'If-None-Match'],
      body: {
        schema: productValidator,
        examples: {
          'All fields': {
            name: 'Red mug',
            price: { amount: 1250, currency: 'EUR' },
            lowStockAt: 5,
            barcodes: ['4006381333931'],
            active: true,
          },
          'Required fields': { name: 'Red mug', price: { amount: 1250, currency: 'EUR' } },
        },
      },
      responses: {
        200: {
          description: 'Replaced.',
          headers: ['ETag'],
          schema: ref('StaffProduct'),
          example: staffProduct,
        },
        201: {
          description: 'Listed.',
          headers: ['ETag'],
          schema: ref('StaffProduct'),
          example: { ...staffProduct, availability: 'out', available: 0, version: 1 },
        },
      },
      problems: ['barcode_taken', 'if_match_required'],
    },
    'PATCH /api/v1/products/{sku}': {
      id: 'patchProduct',
      tag: 'Products',
      summary: 'Change some fields of a product',
      description:
        'A missing field stays as it is; null clears `lowStockAt` and `barcodes`. `barcodes` replaces all barcodes. Stock does not change. With If-Match, the change applies only to the version that you read.',
      access: ['clerk', 'admin'],
      headers: ['Idempotency-Key', 'If-Match'],
      body: {
        schema: productPatchValidator,
        examples: {
          'A new price': { price: { amount: 1400, currency: 'EUR' } },
          'Off sale': { active: false },
          'No low-stock mark, another barcode': { lowStockAt: null, barcodes: ['4006381333931'] },
        },
      },
      responses: {
        200: {
          description: 'The changed product.',
          headers: ['ETag', 'Idempotent-Replayed?'],
          schema: ref('StaffProduct'),
          example: { ...staffProduct, price: { amount: 1400, currency: 'EUR' }, version: 4 },
        },
      },
      problems: ['not_found', 'barcode_taken'],
    },
    'GET /api/v1/stock': {
      id: 'listStock',
      tag: 'Stock',
      summary: 'List balances, in SKU order',
      access: ['clerk', 'operator', 'admin', 'service'],
      query: stockListParameters,
      responses: {
        200: {
          description: 'A page of balances.',
          schema: page(ref('StockItem')),
          example: pageOf(stockItem),
        },
      },
    },
    'GET /api/v1/stock/{sku}': {
      id: 'readStock',
      tag: 'Stock',
      summary: 'Read a balance',
      access: ['clerk', 'operator', 'admin', 'service'],
      responses: {
        200: {
          description: 'The balance.',
          headers: ['ETag'],
          schema: ref('StockItem'),
          example: stockItem,
        },
      },
      problems: ['not_found'],
    },
    'GET /api/v1/stock/{sku}/movements': {
      id: 'listMovements',
      tag: 'Stock',
      summary: 'Read the ledger of an SKU, newest first',
      access: ['clerk', 'operator', 'admin', 'service'],
      query: movementListParameters,
      responses: {
        200: {
          description: 'A page of movements.',
          schema: page(ref('Movement')),
          example: pageOf(receivedGoods),
        },
      },
      problems: ['not_found'],
    },
    'POST /api/v1/stock/{sku}/restocks': {
      id: 'restock',
      tag: 'Stock',
      summary: 'Record goods received',
      access: ['clerk', 'admin'],
      headers: ['Idempotency-Key!'],
      body: {
        schema: restockValidator,
        examples: { 'A purchase order': { quantity: 40, reference: 'PO-1187' } },
      },
      responses: {
        201: {
          description: 'The movement.',
          headers: ['Idempotent-Replayed?'],
          schema: ref('Movement'),
          example: receivedGoods,
        },
      },
      problems: ['not_found', 'on_hand_too_large'],
    },
    'POST /api/v1/stock/{sku}/adjustments': {
      id: 'adjustStock',
      tag: 'Stock',
      summary: 'Add or remove units on hand',
      access: ['clerk', 'admin'],
      headers: ['Idempotency-Key!'],
      body: {
        schema: adjustmentValidator,
        examples: { 'Broken goods': { delta: -2, reason: 'damaged', note: 'Wet' } },
      },
      responses: {
        201: {
          description: 'The movement.',
          headers: ['Idempotent-Replayed?'],
          schema: ref('Movement'),
          example: damagedGoods,
        },
      },
      problems: ['not_found', 'on_hand_too_large', 'reserved_exceeds'],
    },
    'POST /api/v1/stock/{sku}/counts': {
      id: 'countStock',
      tag: 'Stock',
      summary: 'Set on hand to a counted number',
      description:
        'A count that agrees with the books is recorded too. A count can change at most 1,000,000 units.',
      access: ['clerk', 'admin'],
      headers: ['Idempotency-Key'],
      body: {
        schema: countValidator,
        examples: { 'Three fewer than expected': { counted: 40, expectedOnHand: 43 } },
      },
      responses: {
        201: {
          description: 'The movement.',
          headers: ['Idempotent-Replayed?'],
          schema: ref('Movement'),
          example: countedGoods,
        },
      },
      problems: ['not_found', 'stock_moved', 'reserved_exceeds', 'on_hand_too_large'],
    },
    'GET /api/v1/stock/movements': {
      id: 'listAllMovements',
      tag: 'Stock',
      summary: 'Read the ledger of all SKUs, newest first',
      access: ['clerk', 'operator', 'admin', 'service'],
      query: allMovementsParameters,
      responses: {
        200: {
          description: 'A page of movements.',
          schema: page(ref('Movement')),
          example: pageOf(receivedGoods),
        },
      },
    },
    'POST /api/v1/stock/movements/{id}/reversal': {
      id: 'reverseMovement',
      tag: 'Stock',
      summary: 'Undo a restock, an adjustment or a count',
      description:
        'Writes an inverse movement, once. If the SKU was counted after the movement, the request is rejected with `counted_since`, unless that count was undone.',
      access: ['clerk', 'admin'],
      headers: ['Idempotency-Key'],
      responses: {
        201: {
          description: 'The inverse movement.',
          headers: ['Idempotent-Replayed?'],
          schema: ref('Movement'),
          example: undoneGoods,
        },
      },
      problems: [
        'not_found',
        'not_reversible',
        'part_of_import',
        'already_reversed',
        'counted_since',
        'reserved_exceeds',
        'on_hand_too_large',
      ],
    },
    'GET /api/v1/stock/holdings': {
      id: 'listHoldings',
      tag: 'Stock',
      summary: 'List the units that each order holds',
      description: 'Orders that hold units, by order id. Use it for reconciliation.',
      access: ['operator', 'admin'],
      query: noFilters,
      responses: {
        200: {
          description: 'A page of holdings.',
          schema: page(ref('Holding')),
          example: pageOf({
            orderId: '0199f3a2-7c11-7d3e-9a54-3f2b8c6d1e70',
            heldRevision: 1,
            lines: [{ sku: 'MUG-RED', quantity: 2 }],
          }),
        },
      },
    },
  },
}
