import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { orderCancelled, orderPlaced } from '#contracts/messages/orders'
import { handleWithin } from '#messaging/inbox/subscription'
import { applyTargets } from '#inventory/reservations/apply_targets'

/** Reserves this many pieces for a new order in inventory. @returns the order's id */
export async function held(sku: string, quantity: number): Promise<string> {
  const id = randomUUID()
  const placed = orderPlaced.about(id, { revision: 1, lines: [{ sku, quantity }] })
  await db.connection('inventory').transaction((trx) => handleWithin(trx, applyTargets, [placed]))
  return id
}

/** Handles the order's cancellation in inventory, which releases its pieces. */
export async function released(id: string) {
  const cancelled = orderCancelled.about(id, { revision: 2, lines: [], reason: null })
  await db
    .connection('inventory')
    .transaction((trx) => handleWithin(trx, applyTargets, [cancelled]))
}
