import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Actor } from '#contracts/actor'
import { isUuid } from '#http/fields'
import { notFound } from '#http/problem'
import { adjustOnHand, lockItem } from './change_on_hand.ts'
import { alreadyReversed, notReversible, partOfImport } from './exceptions.ts'
import type { Movement } from './ledger.ts'
import type { MovementRow } from './transformers/movement_body.ts'

const REVERSIBLE = ['restock', 'adjust', 'count']

/** Whether a movement of this kind, which nobody has undone, can be undone by itself. */
export function isReversible(movement: Pick<MovementRow, 'kind' | 'on_hand_delta' | 'import_id'>) {
  const { kind, on_hand_delta: delta, import_id: importId } = movement
  return REVERSIBLE.includes(kind) && delta !== 0 && importId === null
}

/**
 * Undoes a restock, an adjustment or a count by a movement of its own, once.
 *
 * @throws Problem 404 · 409 `not_reversible`, `part_of_import`, `already_reversed`, `reserved_exceeds`,
 *   `on_hand_too_large`
 */
export async function reverseMovement(
  trx: TransactionClientContract,
  id: string,
  actor: Actor
): Promise<Movement> {
  const undone: MovementRow | null = isUuid(id)
    ? await trx.from('movements').where({ id }).first()
    : null
  if (!undone) throw notFound('movement')
  if (undone.import_id) throw partOfImport(undone.import_id)
  if (!isReversible(undone)) throw notReversible(undone)
  // Whoever undoes the same one waits here, and finds it undone.
  const item = await lockItem(trx, undone.sku)
  const reversal = await trx.from('movements').where('reversal_of', id).first()
  if (reversal) throw alreadyReversed(reversal)
  const { reference } = undone
  return adjustOnHand(trx, item, {
    ...{ kind: 'reversal', onHandDelta: -undone.on_hand_delta, reversalOf: id, reference, actor },
  })
}
