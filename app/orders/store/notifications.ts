/*
 * Mails to customers: each is a row that commits with the order, at most one per order, kind and revision.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import { customerMails } from '#config/mail'
import { mailQueue } from '#mail/queue'
import { runInOrder, type Call } from '#postgres/run'
import { currentTrace } from '#runtime/trace_context'
import { columnsOf } from './columns_of.ts'
import type { MailKind } from '../order_state_machine.ts'

/** The mail of a transition; null where mails to customers are switched off. */
export function mailOf({ mail }: { mail: MailKind | null }): MailKind | null {
  return customerMails ? mail : null
}

export interface NewNotification {
  orderId: string
  kind: MailKind
  revision: number
  detail: Record<string, unknown>
  /** The trace of the message that caused it; default: the trace of the current request. */
  traceparent?: string
}

const insertNotifications = {
  name: 'notifications_insert',
  text: /* sql */ `
    insert into notifications (id, order_id, kind, revision, detail, traceparent)
    select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::jsonb[], $6::text[])
    on conflict (order_id, kind, revision) do nothing`,
}

/** Write the notifications. After the commit, call `mailQueue.wake('orders')`. */
export function notificationWrites(notifications: NewNotification[]): Call[] {
  if (notifications.length === 0) return []
  const rows = notifications.map(({ traceparent = currentTrace(), ...row }) => {
    return { ...row, id: uuidv7(), traceparent: traceparent ?? null }
  })
  const names = ['id', 'orderId', 'kind', 'revision', 'detail', 'traceparent'] as const
  return [[insertNotifications, columnsOf(rows, names)]]
}

/** Writes notifications in a transaction of the caller. */
export async function notify(trx: TransactionClientContract, notifications: NewNotification[]) {
  await runInOrder(trx, ...notificationWrites(notifications))
  trx.after('commit', () => mailQueue.wake('orders'))
}
