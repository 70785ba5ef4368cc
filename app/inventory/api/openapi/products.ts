/*
 * The operations on products in /openapi.json.
 */
import type { Operation, Success } from '#http/openapi/description'
import { pageResponse, resourceResponses } from '#http/openapi/responses'
import { ref, type Schema } from '#http/openapi/schema'
import { shownProduct, staffProduct } from '../transformers/product_schema.ts'
import {
  productPatchValidator,
  productValidator,
  stockListParameters,
} from '../validators/stock.ts'

/** A generated client tries the larger one first. */
const anyProduct = { anyOf: [ref('StaffProduct'), ref('Product')] }

function product(description: string, schema: Schema, example: object): Success {
  return { description, headers: ['ETag'], schema, example }
}

export const productOperations: Record<string, Operation> = {
  'GET /api/v1/products': {
    id: 'listProducts',
    tag: 'Products',
    summary: 'List products, in SKU order',
    description:
      'Staff and services also see the available units, the low-stock level and the barcodes, and products that are not for sale.',
    access: 'optional token',
    query: stockListParameters,
    responses: pageResponse('products', anyProduct, shownProduct, 'Product'),
  },
  'GET /api/v1/products/{sku}': {
    id: 'readProduct',
    tag: 'Products',
    summary: 'Read a product',
    description: 'Only staff and services see a product that is not for sale.',
    access: 'optional token',
    headers: ['If-None-Match.read'],
    responses: resourceResponses(product('The product.', anyProduct, shownProduct)),
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
      200: product('Replaced.', ref('StaffProduct'), staffProduct),
      201: product('Listed.', ref('StaffProduct'), {
        ...staffProduct,
        availability: 'out',
        available: 0,
        version: 1,
      }),
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
}
