import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Infer } from '@vinejs/vine/types'
import type { SignedIn } from '#contracts/actor'
import type { Line } from '#contracts/fields'
import { moveRefused } from './exceptions.ts'
import { lockOrder, stateOf, type OrderRecord } from './models/order.ts'
import { move } from './order_status.ts'
import { recordMove } from './record_move.ts'
import { assertUnedited, type SeenVersion } from './seen_version.ts'
import type { fulfilOrderValidator } from './validators/order.ts'

export type Fulfilment = Infer<typeof fulfilOrderValidator>

/**
 * The goods have left the building. `revision` names the lines in the parcel: it must be the one in
 * force. An order that was fulfilled with that revision stays as it is.
 *
 * @throws Problem 404 · 409 `order_not_open`, `order_not_confirmed`, `revision_moved` (with what differs)
 *   · 412 `version_moved`
 */
export async function fulfilOrder(
  trx: TransactionClientContract,
  id: string,
  parcel: Fulfilment,
  by: SignedIn,
  seen: SeenVersion = null
): Promise<OrderRecord> {
  const before = await lockOrder(trx, id, by)
  if (before.status === 'fulfilled' && before.heldRevision === parcel.revision) return before
  assertUnedited(before, seen)
  const result = move(stateOf(before), { kind: 'fulfil', revision: parcel.revision })
  if (result.outcome === 'refused') {
    const changes =
      result.code === 'revision_moved'
        ? { changes: await changesSince(trx, before, parcel.revision) }
        : {}
    throw moveRefused(before, result, changes)
  }
  const { revision, carrier = null, trackingNumber = null, trackingUrl = null } = parcel
  return recordMove(trx, before, result, {
    by,
    columns: {
      fulfilled_at: new Date(),
      carrier,
      tracking_number: trackingNumber,
      tracking_url: trackingUrl,
    },
    detail: { packed: revision, carrier, trackingNumber, trackingUrl },
  })
}

/** Per SKU what the parcel holds and what it should, where the two differ. */
async function changesSince(client: QueryClientContract, order: OrderRecord, packed: number) {
  const rows: Line[] = await client
    .from('order_lines')
    .where({ order_id: order.id, revision: packed })
    .orderBy('position')
    .select('sku', 'quantity')
  const pieces = (lines: Line[], sku: string) =>
    lines.find((line) => line.sku === sku)?.quantity ?? 0
  return [...new Set([...rows, ...order.lines].map(({ sku }) => sku))]
    .map((sku) => ({ sku, packed: pieces(rows, sku), inForce: pieces(order.lines, sku) }))
    .filter((change) => change.packed !== change.inForce)
}
