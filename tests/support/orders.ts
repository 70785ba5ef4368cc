/*
 * Orders of mugs, for tests without messages: `handleReply` passes inventory's replies to orders.
 */
import db from '@adonisjs/lucid/services/db'
import type { ApiClient } from '@japa/api-client'
import { emptyShop, handleReply, post, priced, type Person } from '#tests/support/shop'

export const mugs = (quantity: number) => [{ sku: 'MUG', quantity }]

/** An empty shop in which a mug costs 12.50 EUR and a plate 9.00 EUR. */
export async function shopOfMugs() {
  await emptyShop()
  await priced('MUG', 1_250)
  await priced('PLATE', 900)
}

/** Places an order, of two mugs unless the body names other lines. @returns its id */
export async function placed(client: ApiClient, by: Person, body: object = {}): Promise<string> {
  const response = await post(client, by, { lines: mugs(2), ...body })
  response.assertStatus(202)
  return response.body().id
}

/** Places an order for which inventory reserves stock. @returns its id */
export async function confirmed(client: ApiClient, by: Person, body: object = {}) {
  const id = await placed(client, by, body)
  await handleReply(id, 'reserved', { revision: 1, heldRevision: 1 })
  return id
}

/** Rows of the orders' outbox about an order, oldest first. */
export async function messagesAbout(id: string) {
  return db.connection('orders').from('outbox').where('key', id).orderBy('id')
}
