import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import { Problem } from '#http/problem'
import { findOrders } from '../find_orders.ts'
import { fulfilOrder } from '../fulfil_order.ts'
import type { OrderRecord } from '../models/order.ts'

/** A row of the list as it was selected. */
export interface Selected {
  id: string
  /** Whose lines are in the parcel; 0 where nothing was held. */
  revision: number
}

export type Verdict = 'ready' | 'fulfilled' | 'moved' | 'not confirmed'

export interface Judged {
  order: OrderRecord
  revision: number
  verdict: Verdict
}

/** `id:revision` of the form. Each order once. */
export function selectedOf(rows: string[] = []): Selected[] {
  const selected = new Map(
    rows.map((row) => row.split(':')).map(([id, revision]) => [id, revision])
  )
  return [...selected].map(([id, revision]) => ({ id, revision: Number(revision ?? 0) }))
}

/** What can be done with each now, or was done. */
export async function judge(selected: Selected[]): Promise<Judged[]> {
  const orders = await findOrders(selected.map(({ id }) => id))
  return orders.map((order) => {
    const { revision } = selected.find(({ id }) => id === order.id)!
    return { order, revision, verdict: verdictOf(order, revision) }
  })
}

function verdictOf({ status, heldRevision }: OrderRecord, revision: number): Verdict {
  if (status === 'fulfilled' && heldRevision === revision) return 'fulfilled'
  if (status !== 'confirmed') return 'not confirmed'
  return heldRevision === revision ? 'ready' : 'moved'
}

/**
 * Fulfils each in a transaction of its own: one that has moved meanwhile does not stop the others. Sent
 * again it does what is left.
 */
export async function fulfilSelected(selected: Selected[], carrier: string | null, by: SignedIn) {
  for (const { id, revision } of selected) {
    try {
      await db
        .connection('orders')
        .transaction((trx) => fulfilOrder(trx, id, { revision, carrier }, by))
    } catch (error) {
      // `judge` says of it why not.
      if (!(error instanceof Problem)) throw error
    }
  }
}
