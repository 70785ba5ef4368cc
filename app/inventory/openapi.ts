/*
 * What inventory says of its operations in /openapi.json.
 */
import type { Section } from '#http/openapi/description'
import { page, pageOf, ref } from '#http/openapi/schema'
import { noFilters } from '#http/pages'
import { movementSchema, receivedGoods } from './transformers/movement_schema.ts'
import {
  shownProduct,
  staffProduct,
  stockItem,
  stockSchemas,
} from './transformers/product_schema.ts'
import { productValidator, restockValidator, stockListParameters } from './validators/stock.ts'

const anyProduct = { anyOf: [ref('Product'), ref('StaffProduct')] }

export const openapi: Section = {
  tags: [
    { name: 'Products', description: 'What is for sale, at which price.' },
    {
      name: 'Stock',
      description:
        'On hand is what lies on the shelf; placing an order reserves, fulfilling it deducts. Every change is a movement in a ledger that nobody can rewrite.',
    },
  ],
  schemas: { ...stockSchemas, Movement: movementSchema },
  parameters: {
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
  operations: {
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
      query: noFilters,
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
