import type { StepRow } from '../store/step_row.ts'

/** A step with the columns that the feed needs. */
export interface FeedStep extends StepRow {
  /** Increases in commit order within one order. Across orders, a lower id can commit later. */
  id: number
  order_id: string
  /** The customer of the order; null for a guest. */
  customer_id: string | null
}

export const feedStepColumns = /* sql */ `
  id, order_id, sequence, at, type, status, revision, actor, message_id, detail,
  (select customer_id from orders where orders.id = order_id) as customer_id`
