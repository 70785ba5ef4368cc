import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound } from '#http/problem'
import { noteMoved } from './exceptions.ts'

export interface Note {
  /** Null takes the note away. */
  note: string | null
  /** The note that the writer has seen: another one is not written over. */
  before: string | null
}

/**
 * Writes the staff's own note at an order, also at one that has ended. It is no version of the order.
 *
 * @throws Problem 404 · 412 `version_moved`
 */
export async function noteOrder(
  trx: TransactionClientContract,
  id: string,
  { note, before }: Note
): Promise<void> {
  const order = await trx.from('orders').where('id', id).forUpdate().select('note').first()
  if (!order) throw notFound('order')
  if (order.note !== before) throw noteMoved(order.note)
  await trx.from('orders').where('id', id).update({ note })
}
