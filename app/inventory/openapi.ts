/*
 * What inventory says of its operations in /openapi.json.
 */
import type { Section } from '#http/openapi/description'
import type { Holders } from './exceptions.ts'
import { answer, list, orNull, page, pageOf, ref, uuid, whole } from '#http/openapi/schema'
import { noFilters } from '#http/pages'
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
  productValidator,
  restockValidator,
  stockListParameters,
} from './validators/stock.ts'

const holders = {
  ...answer<Holders>({
    count: whole('How many orders hold pieces.', 0),
    newest: list(
      answer<Holders['newest'][number]>({
        orderId: uuid('The order.'),
        quantity: whole('Pieces that it holds.', 1),
      })
    ),
  }),
  description: 'The orders that hold pieces of the SKU: the newest twenty, and how many there are.',
  examples: [
    { count: 1, newest: [{ orderId: '0199f3a2-7c11-7d3e-9a54-3f2b8c6d1e70', quantity: 2 }] },
  ],
}

const anyProduct = { anyOf: [ref('Product'), ref('StaffProduct')] }

export const openapi: Section = {
  tags: [
    { name: 'Products', description: 'What is for sale, at which price.' },
    {
      name: 'Stock',
      description:
        'On hand is what lies on the shelf; placing an order reserves, fulfilling it deducts. Every change is a movement in a ledger that nobody can rewrite.',
    },
    {
      name: 'Imports',
      description: 'Changes of many products at once: first tried dry, then applied, undone whole.',
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
      description: 'The SKU, in any case.',
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
      reserved: { ...whole('Pieces that orders hold.', 0), examples: [2] },
      holders,
    },
    stock_moved: {
      onHand: { ...whole('Pieces on hand now.', 0), examples: [37] },
      movement: {
        ...orNull(ref('Movement')),
        description: 'What has changed on hand last.',
        examples: [damagedGoods],
      },
    },
    already_reversed: {
      reversedBy: { ...uuid('The movement that has undone it.'), examples: [undoneGoods.id] },
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
      summary: 'List products, in the order of their SKUs',
      description:
        'Staff and services also see how many are available, the level and the barcodes.',
      access: 'token welcome',
      query: stockListParameters,
      answers: {
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
      access: 'token welcome',
      answers: {
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
      summary: 'List a product, or replace what is said of it',
      description:
        'A field that is left out returns to its default; the stock is not touched. `active: false` takes it off sale. A barcode belongs to one product; a UPC-A is the EAN-13 with a 0 before it. With If-Match only the version that you have seen is replaced, and nothing is listed anew.',
      access: ['clerk', 'admin'],
      headers: ['If-Match'],
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
          'The least': { name: 'Red mug', price: { amount: 1250, currency: 'EUR' } },
        },
      },
      answers: {
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
      problems: ['barcode_taken'],
    },
    'GET /api/v1/stock': {
      id: 'listStock',
      tag: 'Stock',
      summary: 'List balances, in the order of their SKUs',
      access: ['clerk', 'operator', 'admin', 'service'],
      query: stockListParameters,
      answers: {
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
      answers: {
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
      summary: 'Read the ledger of an SKU, the newest movement first',
      access: ['clerk', 'operator', 'admin', 'service'],
      query: movementListParameters,
      answers: {
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
      answers: {
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
      summary: 'Correct what is on hand by so many pieces',
      access: ['clerk', 'admin'],
      headers: ['Idempotency-Key!'],
      body: {
        schema: adjustmentValidator,
        examples: { 'Broken goods': { delta: -2, reason: 'damaged', note: 'Wet' } },
      },
      answers: {
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
      summary: 'Set what is on hand to what was counted',
      description:
        'A count that finds what the books say is recorded too: somebody has looked. It may change 1,000,000 pieces at most.',
      access: ['clerk', 'admin'],
      headers: ['Idempotency-Key'],
      body: {
        schema: countValidator,
        examples: { 'Three fewer than expected': { counted: 40, expectedOnHand: 43 } },
      },
      answers: {
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
      summary: 'Read the ledger of all SKUs, the newest movement first',
      access: ['clerk', 'operator', 'admin', 'service'],
      query: allMovementsParameters,
      answers: {
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
      description: 'By a movement of its own, once: the ledger forgets nothing.',
      access: ['clerk', 'admin'],
      headers: ['Idempotency-Key'],
      answers: {
        201: {
          description: 'The movement that undoes it.',
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
        'reserved_exceeds',
        'on_hand_too_large',
      ],
    },
    'GET /api/v1/stock/holdings': {
      id: 'listHoldings',
      tag: 'Stock',
      summary: 'List what each order holds',
      description: 'Only orders that hold something, by their ids. For proofs and reconciliation.',
      access: ['operator', 'admin'],
      query: noFilters,
      answers: {
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
