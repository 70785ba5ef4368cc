import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Infer } from '@vinejs/vine/types'
import type { SignedIn } from '#contracts/actor'
import type { Line } from '#contracts/messages/fields'
import { existing } from '../queries/find_orders.ts'
import { lockOrder, stateOf, type OrderRecord } from '../store/order.ts'
import { quantityChanges } from '../order_lines.ts'
import { transition } from '../order_state_machine.ts'
import { applyTransition } from './apply_transition.ts'
import { actionRefused, assertExpectedVersion, type ExpectedVersion } from './exceptions.ts'
import type { fulfilOrderValidator } from './validators.ts'

export type Fulfilment = Infer<typeof fulfilOrderValidator>

/**
 * Marks an order as shipped. `revision` names the lines in the parcel, which must be those in force. Does
 * nothing if the order was fulfilled with this revision already.
 *
 * @throws Problem 404 · 409 `order_not_open`, `order_not_confirmed`, `revision_moved` (with the differences)
 *   · 412 `version_moved`
 */
export async function fulfilOrder(
  trx: TransactionClientContract,
  id: string,
  parcel: Fulfilment,
  by: SignedIn,
  expected: ExpectedVersion = null
): Promise<OrderRecord> {
  const before = existing(await lockOrder(trx, id, by))
  if (before.status === 'fulfilled' && before.heldRevision === parcel.revision) return before
  assertExpectedVersion(before, expected)
  const result = transition(stateOf(before), { kind: 'fulfil', revision: parcel.revision })
  if (result.outcome === 'refused') {
    const changes =
      result.code === 'revision_moved'
        ? { changes: await changesSince(trx, before, parcel.revision) }
        : {}
    throw actionRefused(before, result, changes)
  }
  const { revision, carrier = null, trackingNumber = null, trackingUrl = null } = parcel
  return applyTransition(trx, before, result, {
    by,
    columns: {
      fulfilled_at: new Date(),
      shortages: '[]',
      carrier,
      tracking_number: trackingNumber,
      tracking_url: trackingUrl,
    },
    detail: { packed: revision, carrier, trackingNumber, trackingUrl },
  })
}

/** The SKUs whose units in the parcel differ from the lines in force. */
async function changesSince(client: QueryClientContract, order: OrderRecord, packed: number) {
  const parcel: Line[] = await client
    .from('order_lines')
    .where({ order_id: order.id, revision: packed })
    .orderBy('position')
    .select('sku', 'quantity')
  return quantityChanges(parcel, order.lines).map(({ sku, before, after }) => {
    return { sku, packed: before, inForce: after }
  })
}
