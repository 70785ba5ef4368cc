import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { orderPlaced } from '#contracts/orders'
import { applyTargets } from '#inventory/apply_targets'

/** An order that holds so many pieces, as inventory knows it. @returns its id */
export async function held(sku: string, quantity: number): Promise<string> {
  const id = randomUUID()
  const placed = orderPlaced.about(id, { revision: 1, lines: [{ sku, quantity }] })
  await db.connection('inventory').transaction((trx) => applyTargets([placed], trx))
  return id
}
