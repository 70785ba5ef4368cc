import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import { Problem } from '#http/problem'
import { findOrders } from '../../queries/find_orders.ts'
import { fulfilOrder } from '../../changes/fulfil_order.ts'
import type { OrderRecord } from '../../store/order.ts'

/** A selected row of the list. */
export interface Selected {
  id: string
  /** The revision that the row showed as held, and that is in the parcel; 0 if nothing was held. */
  revision: number
}

export type Verdict = 'ready' | 'fulfilled' | 'changed' | 'not confirmed'

export interface CheckedOrder {
  order: OrderRecord
  revision: number
  verdict: Verdict
}

/** @param rows - `id:revision`. @returns each order once */
export function selectedOf(rows: string[] = []): Selected[] {
  const selected = new Map(
    rows.map((row) => row.split(':')).map(([id, revision]) => [id, revision])
  )
  return [...selected].map(([id, revision]) => ({ id, revision: Number(revision ?? 0) }))
}

/** Whether each order can be fulfilled or has been; unknown ids are skipped. */
export async function checkSelected(selected: Selected[]): Promise<CheckedOrder[]> {
  const orders = await findOrders(selected.map(({ id }) => id))
  return orders.map((order) => {
    const { revision } = selected.find(({ id }) => id === order.id)!
    return { order, revision, verdict: verdictOf(order, revision) }
  })
}

function verdictOf({ status, heldRevision }: OrderRecord, revision: number): Verdict {
  if (status === 'fulfilled' && heldRevision === revision) return 'fulfilled'
  if (status !== 'confirmed') return 'not confirmed'
  return heldRevision === revision ? 'ready' : 'changed'
}

/**
 * Fulfils each order in its own transaction, so that an order that has changed does not stop the others. Call it
 * again to fulfil the rest.
 */
export async function fulfilSelected(selected: Selected[], carrier: string | null, by: SignedIn) {
  for (const { id, revision } of selected) {
    try {
      await db
        .connection('orders')
        .transaction((trx) => fulfilOrder(trx, id, { revision, carrier }, by))
    } catch (error) {
      // `checkSelected` shows the reason.
      if (!(error instanceof Problem)) throw error
    }
  }
}
