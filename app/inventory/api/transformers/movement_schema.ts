/*
 * The API schema of movements, with examples.
 */
import {
  explained,
  extensible,
  object,
  orNull,
  ref,
  text,
  time,
  uuid,
  whole,
} from '#http/openapi/schema'
import { alreadyBooked } from './import_schema.ts'
import { MOVEMENT_KINDS, type Movement } from '../../ledger/movement.ts'

const movement = object<Movement>({
  id: uuid('Newer movements have higher ids.'),
  sku: text(),
  kind: extensible(Object.keys(MOVEMENT_KINDS), explained(MOVEMENT_KINDS)),
  onHandDelta: whole('The change to on hand, in units.'),
  reservedDelta: whole('The change to the units that orders hold.'),
  onHand: whole('Units on hand after the movement.', 0),
  reserved: whole('Units that orders held after the movement.', 0),
  reason: orNull(text()),
  note: orNull(text()),
  reference: orNull(text('The caller’s reference, such as a purchase order number.')),
  actor: ref('Actor'),
  orderId: orNull(uuid('The order that caused the movement.')),
  revision: orNull(whole('The revision of the order.', 1)),
  messageId: orNull(uuid('The message that caused the movement.')),
  importId: orNull(uuid('The import that the movement belongs to.')),
  reversalOf: orNull(uuid('The movement that this one undoes.')),
  at: time('When the stock moved.'),
})

export const movementSchema = {
  ...movement,
  properties: {
    ...movement.properties,
    alreadyBooked: alreadyBooked(
      'the SKU, with the same reference,',
      'Only in the response to a restock.'
    ),
  },
}

export const receivedGoods: Movement = {
  id: '0199f3b0-1c9a-7e02-b1c4-0a9d8e7f6c5b',
  sku: 'MUG-RED',
  kind: 'restock',
  onHandDelta: 40,
  reservedDelta: 0,
  onHand: 43,
  reserved: 3,
  reason: null,
  note: null,
  reference: 'PO-1187',
  actor: { kind: 'staff', id: '0199f3a0-0d4e-7a11-93c2-1f2e3d4c5b6a', name: 'Grace' },
  orderId: null,
  revision: null,
  messageId: null,
  importId: null,
  reversalOf: null,
  at: new Date('2026-11-22T12:00:00.000Z'),
}

export const damagedGoods: Movement = {
  ...receivedGoods,
  id: '0199f3b0-2d0b-7f13-a2d5-1b0e9f807d6c',
  kind: 'adjust',
  onHandDelta: -2,
  onHand: 41,
  reason: 'damaged',
  note: 'Wet',
  reference: null,
}

export const countedGoods: Movement = {
  ...receivedGoods,
  id: '0199f3b0-3e1c-7024-93e6-2c1fa0918e7d',
  kind: 'count',
  onHandDelta: -3,
  onHand: 40,
  reference: null,
}

export const undoneGoods: Movement = {
  ...receivedGoods,
  id: '0199f3b0-4f2d-7135-84f7-3d20b1a29f8e',
  kind: 'reversal',
  onHandDelta: -40,
  onHand: 3,
  reversalOf: receivedGoods.id,
}
