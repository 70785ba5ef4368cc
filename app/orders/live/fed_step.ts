import type { StepRow } from '../models/step_row.ts'

/** A step as the feed reads it. */
export interface FedStep extends StepRow {
  /** Grows with the commits of one order; over all orders a lower one may commit later. */
  id: number
  order_id: string
  /** Whose order it is, null for a guest's. */
  customer_id: string | null
}

export const fedStepColumns = /* sql */ `
  id, order_id, sequence, at, type, status, revision, actor, message_id, detail,
  (select customer_id from orders where orders.id = order_id) as customer_id`
