/*
 * Inventory's part of /openapi.json.
 */
import type { Section } from '#http/openapi/description'
import { list, object, orNull, ref, text, time, uuid, whole } from '#http/openapi/schema'
import type { LaterCount } from '../../ledger/later_counts.ts'
import type { Holders } from '../../stock/exceptions.ts'
import { importSchemas } from '../transformers/import_schema.ts'
import {
  damagedGoods,
  movementSchema,
  receivedGoods,
  undoneGoods,
} from '../transformers/movement_schema.ts'
import { stockSchemas } from '../transformers/product_schema.ts'
import { importOperations } from './imports.ts'
import { productOperations } from './products.ts'
import { stockOperations } from './stock.ts'

const holders = {
  ...object<Holders>(
    {
      count: whole('Number of orders that hold units.', 0),
      newest: list(
        object<Holders['newest'][number]>(
          {
            orderId: uuid('The order.'),
            number: orNull(text('The number of the order; null if inventory does not know it.')),
            quantity: whole('Units that the order holds.', 1),
          },
          'Holder'
        )
      ),
    },
    'Holders'
  ),
  description: 'The number of orders that hold units of the SKU, and the newest 20 of them.',
  examples: [
    {
      count: 1,
      newest: [
        { orderId: '0199f3a2-7c11-7d3e-9a54-3f2b8c6d1e70', number: 'Q-100001', quantity: 2 },
      ],
    },
  ],
}

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
        ...object<LaterCount>(
          {
            id: orNull(
              uuid('The movement of the count; null for an import applied by release 0.1.0.')
            ),
            sku: text(),
            counted: whole('Units on the shelf.', 0),
            actor: ref('Actor'),
            importId: orNull(uuid('The import that the count belongs to.')),
            at: time('When the count was made.'),
          },
          'LaterCount'
        ),
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
  operations: { ...importOperations, ...productOperations, ...stockOperations },
}
