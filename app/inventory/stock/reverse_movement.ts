import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { isUuid } from '#runtime/uuid'
import { notFound } from '#http/problem'
import { movements } from '../ledger/find_movements.ts'
import { findLaterCounts } from '../ledger/later_counts.ts'
import type { Movement, MovementKind } from '../ledger/movement.ts'
import { adjustOnHand, lockItem } from './change_on_hand.ts'
import { alreadyReversed, countedSince, notReversible, partOfImport } from './exceptions.ts'

const REVERSIBLE: MovementKind[] = ['restock', 'adjust', 'count']

/** Whether the movement can be undone alone, if it has not been undone before. */
export function isReversible({ kind, importId }: Movement) {
  return REVERSIBLE.includes(kind) && importId === null
}

/**
 * Undoes a restock, an adjustment or a count, once, by an inverse movement. A count without a
 * difference can be undone too, which unblocks the undo of earlier movements.
 *
 * @throws Problem 404 · 409 `not_reversible`, `part_of_import`, `already_reversed`, `counted_since`,
 *   `reserved_exceeds`, `on_hand_too_large`
 */
export async function reverseMovement(
  trx: TransactionClientContract,
  id: string,
  actor: Actor
): Promise<Movement> {
  const original = isUuid(id) ? await movements(trx).where({ id }).first() : null
  if (!original) throw notFound('movement')
  if (original.importId) throw partOfImport(original.importId)
  if (!isReversible(original)) throw notReversible(original)
  // Concurrent undos and counts of the SKU wait for this lock, so that the checks below see them.
  const item = await lockItem(trx, original.sku)
  const reversal = await trx.from('movements').where('reversal_of', id).first()
  if (reversal) throw alreadyReversed(reversal)
  const counts = await findLaterCounts(trx, [original])
  const count = counts.get(id)
  if (count) throw countedSince(original.kind, count)
  const { reference, onHandDelta: delta } = original
  return adjustOnHand(trx, item, {
    ...{ kind: 'reversal', onHandDelta: -delta, reversalOf: id, reference, actor },
  })
}
