/*
 * A movement of the ledger as the API documents it.
 */
import { answer, oneOf, orNull, ref, text, time, uuid, whole } from '#http/openapi/schema'
import type { MovementKind } from '../ledger.ts'
import type { movementBody } from './movement_body.ts'

type Body = ReturnType<typeof movementBody>

const kinds: Record<MovementKind, string> = {
  restock: 'goods received',
  reserve: 'an order holds more',
  release: 'an order holds less',
  deduct: 'an order was shipped',
  adjust: 'corrected by hand',
  count: 'counted',
  import: 'imported',
  reversal: 'another movement undone',
}

export const movementSchema = answer<Body>({
  id: uuid('Newer movements have higher ids.'),
  sku: text(),
  kind: oneOf(
    Object.keys(kinds),
    Object.entries(kinds)
      .map(([kind, meaning]) => `\`${kind}\`: ${meaning}.`)
      .join(' ')
  ),
  onHandDelta: whole('By so many pieces on hand changed.'),
  reservedDelta: whole('By so many pieces what orders hold changed.'),
  onHand: whole('Pieces on hand after it.', 0),
  reserved: whole('Pieces that orders held after it.', 0),
  reason: orNull(text()),
  note: orNull(text()),
  reference: orNull(text('The caller’s own, such as the number of a purchase order.')),
  actor: ref('Actor'),
  orderId: orNull(uuid('The order behind it.')),
  revision: orNull(whole('The order’s revision.', 1)),
  messageId: orNull(uuid('The message behind it.')),
  importId: orNull(uuid('The import that it is part of.')),
  reversalOf: orNull(uuid('The movement that it undoes.')),
  at: time('When it happened.'),
})

export const receivedGoods: Body = {
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
  at: '2026-11-22T12:00:00.000Z',
}
