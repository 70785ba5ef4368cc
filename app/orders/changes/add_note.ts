import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound, Problem } from '#http/problem'

export interface NoteChange {
  /** The new text; null removes the note. */
  note: string | null
  /** The text that the change replaces; null for none. If another text is stored, the change is refused. */
  before: string | null
}

/**
 * Replaces the staff note of an order, in any status. Makes no new version of the order.
 *
 * @throws Problem 404 · 412 `version_moved`
 */
export async function addNote(
  trx: TransactionClientContract,
  id: string,
  { note, before }: NoteChange
): Promise<void> {
  const order = await trx.from('orders').where('id', id).forUpdate().select('note').first()
  if (!order) throw notFound('order')
  if (order.note !== before) {
    throw new Problem(
      'version_moved',
      'Someone has changed the note since you read it. Read it again before you replace it.',
      { members: { note: order.note } }
    )
  }
  await trx.from('orders').where('id', id).update({ note })
}
