/*
 * Numbers of orders, each counted up to `COUNT_LIMIT`.
 */
import db from '@adonisjs/lucid/services/db'
import { IS_WAITING } from '#mail/operators/mail_lists'
import { boundedCount, COUNT_LIMIT } from '#postgres/bounded_count'
import { run } from '#postgres/run'
import { STATUSES, type Status } from '../order_state_machine.ts'

/** Column `name` of a statement: the number of orders with this condition. */
export function countColumn(name: string, condition: string) {
  return `${boundedCount(`orders where ${condition}`)} as "${name}"`
}

/** Columns of a statement: one per status, and `attention`. */
export const countColumns = [
  ...STATUSES.map((status) => countColumn(status, hasStatus(status))),
  countColumn('attention', 'attention'),
].join(', ')

/** A condition in the order of the index on `status`: without it, PostgreSQL reads the table for a frequent status. */
function hasStatus(status: Status) {
  return `status = '${status}' order by id`
}

const statement = { name: 'order_counts', text: `select ${countColumns}` }

export async function countOrders() {
  const [counts] = await run<Record<Status | 'attention', number>>(
    db.connection('orders'),
    statement,
    []
  )
  return counts
}

/** Of the first `COUNT_LIMIT` waiting mails: DISTINCT reads its source to the end. */
const ordersWithWaitingMail = `(select distinct order_id from
  (select order_id from notifications where ${IS_WAITING} limit ${COUNT_LIMIT}) as mails) as mailed`
const withWaitingMail = {
  name: 'orders_with_waiting_mail',
  text: `select ${boundedCount(ordersWithWaitingMail)} as orders`,
}

export async function countOrdersWithWaitingMail(): Promise<number> {
  const [{ orders }] = await run<{ orders: number }>(db.connection('orders'), withWaitingMail, [])
  return orders
}
