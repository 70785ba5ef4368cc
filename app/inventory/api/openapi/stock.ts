/*
 * The operations on balances and movements in /openapi.json.
 */
import type { Operation, Success } from '#http/openapi/description'
import { pageResponse, resourceResponses } from '#http/openapi/responses'
import { ref } from '#http/openapi/schema'
import { noFilters } from '#http/pagination'
import type { Movement } from '../../ledger/movement.ts'
import {
  countedGoods,
  damagedGoods,
  receivedGoods,
  undoneGoods,
} from '../transformers/movement_schema.ts'
import { stockItem } from '../transformers/product_schema.ts'
import {
  adjustmentValidator,
  allMovementsParameters,
  countValidator,
  movementListParameters,
  restockValidator,
  stockListParameters,
} from '../validators/stock.ts'

const reads = { tag: 'Stock', access: ['clerk', 'operator', 'admin', 'service'] } as const
const changes = { tag: 'Stock', access: ['clerk', 'admin'] } as const

function movement(description: string, example: Movement): Success {
  return { description, headers: ['Idempotent-Replayed?'], schema: ref('Movement'), example }
}

export const stockOperations: Record<string, Operation> = {
  'GET /api/v1/stock': {
    id: 'listStock',
    summary: 'List balances, in SKU order',
    ...reads,
    query: stockListParameters,
    responses: pageResponse('balances', ref('StockItem'), stockItem),
  },
  'GET /api/v1/stock/{sku}': {
    id: 'readStock',
    summary: 'Read a balance',
    ...reads,
    headers: ['If-None-Match.read'],
    responses: resourceResponses({
      description: 'The balance.',
      schema: ref('StockItem'),
      example: stockItem,
    }),
    problems: ['not_found'],
  },
  'GET /api/v1/stock/{sku}/movements': {
    id: 'listMovements',
    summary: 'Read the ledger of an SKU, newest first',
    ...reads,
    query: movementListParameters,
    responses: pageResponse('movements', ref('Movement'), receivedGoods),
    problems: ['not_found'],
  },
  'POST /api/v1/stock/{sku}/restocks': {
    id: 'restock',
    summary: 'Record goods received',
    ...changes,
    headers: ['Idempotency-Key!'],
    body: {
      schema: restockValidator,
      examples: { 'A purchase order': { quantity: 40, reference: 'PO-1187' } },
    },
    responses: { 201: movement('The movement.', receivedGoods) },
    problems: ['not_found', 'on_hand_too_large'],
  },
  'POST /api/v1/stock/{sku}/adjustments': {
    id: 'adjustStock',
    summary: 'Add or remove units on hand',
    ...changes,
    headers: ['Idempotency-Key!'],
    body: {
      schema: adjustmentValidator,
      examples: { 'Broken goods': { delta: -2, reason: 'damaged', note: 'Wet' } },
    },
    responses: { 201: movement('The movement.', damagedGoods) },
    problems: ['not_found', 'on_hand_too_large', 'reserved_exceeds'],
  },
  'POST /api/v1/stock/{sku}/counts': {
    id: 'countStock',
    summary: 'Set on hand to a counted number',
    description:
      'A count that agrees with the books is recorded too. A count can change at most 1,000,000 units.',
    ...changes,
    headers: ['Idempotency-Key'],
    body: {
      schema: countValidator,
      examples: { 'Three fewer than expected': { counted: 40, expectedOnHand: 43 } },
    },
    responses: { 201: movement('The movement.', countedGoods) },
    problems: ['not_found', 'stock_moved', 'reserved_exceeds', 'on_hand_too_large'],
  },
  'GET /api/v1/stock/movements': {
    id: 'listAllMovements',
    summary: 'Read the ledger of all SKUs, newest first',
    ...reads,
    query: allMovementsParameters,
    responses: pageResponse('movements', ref('Movement'), receivedGoods),
  },
  'POST /api/v1/stock/movements/{id}/reversal': {
    id: 'reverseMovement',
    summary: 'Undo a restock, an adjustment or a count',
    description:
      'Writes an inverse movement, once. If the SKU was counted after the movement, the request is rejected with `counted_since`, unless that count was undone.',
    ...changes,
    headers: ['Idempotency-Key'],
    responses: { 201: movement('The inverse movement.', undoneGoods) },
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
    summary: 'List the units that each order holds',
    description: 'Orders that hold units, by order id. Use it for reconciliation.',
    tag: 'Stock',
    access: ['operator', 'admin'],
    query: noFilters,
    responses: pageResponse('holdings', ref('Holding'), {
      orderId: '0199f3a2-7c11-7d3e-9a54-3f2b8c6d1e70',
      heldRevision: 1,
      lines: [{ sku: 'MUG-RED', quantity: 2 }],
    }),
  },
}
