/*
 * The full history of an order, for staff and operators who investigate it.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { HELD } from '#mail/mail_rows'
import {
  deadLettersOf,
  parkedKey,
  sentMessages,
  type KeyDeadLetter,
  type SentMessage,
} from '#messaging/recovery/key_history'
import { isUuid } from '#runtime/uuid'
import { orderColumns, recordOf, type OrderRecord, type PricedLine } from '../store/order.ts'
import type { StepRow } from '../store/timeline.ts'

export interface OrderHistory {
  order: OrderRecord
  /** The staff note. */
  note: string | null
  /** The lines of each revision. */
  revisions: { revision: number; lines: PricedLine[] }[]
  steps: StepRow[]
  /** The messages about it. `partition` and `offset` are null until the relay has published the message. */
  messages: SentMessage[]
  mails: {
    id: string
    kind: string
    revision: number
    status: string
    attempts: number
    createdAt: Date
    sentAt: Date | null
    lastError: string | null
    /** Whether an operator holds it. */
    held: boolean
  }[]
  /** The messages about it that could not be handled, and those blocked behind them. */
  deadLetters: KeyDeadLetter[]
  /** The error with which the broker rejects its messages; null if it does not. */
  parked: { error: string; parkedAt: Date } | null
}

/** @param idOrNumber - an id, or a number with or without `Q-`. @returns null if there is no such order */
export async function orderHistory(
  client: QueryClientContract,
  idOrNumber: string
): Promise<OrderHistory | null> {
  const number = /^(?:Q-)?(\d{1,15})$/i.exec(idOrNumber)?.[1]
  if (!number && !isUuid(idOrNumber)) return null
  const row = await client
    .from('orders')
    .select(client.raw(orderColumns), 'note')
    .where(number ? { number } : { id: idOrNumber })
    .first()
  if (!row) return null
  const { note, ...columns } = row
  const order = recordOf(columns)
  const { id } = order
  const [lines, steps, messages, mails, deadLetters, parked] = await Promise.all([
    client
      .from('order_lines')
      .where('order_id', id)
      .orderBy(['revision', 'position'])
      .select('revision', 'sku', 'name', 'quantity', 'unit_price as unitPrice'),
    client.from('timeline_steps').where('order_id', id).orderBy('sequence'),
    sentMessages(client, id),
    client
      .from('notifications')
      .where('order_id', id)
      .orderBy('sequence')
      .select('id', 'kind', 'revision', 'status', 'attempts')
      .select('created_at as createdAt', 'sent_at as sentAt', 'last_error as lastError')
      .select(client.raw(`status = 'pending' and next_attempt_at = ${HELD} as held`)),
    deadLettersOf(client, id),
    parkedKey(client, id),
  ])
  const revisions = byRevision(lines)
  return { order, note, revisions, steps, messages, mails, deadLetters, parked }
}

function byRevision(rows: (PricedLine & { revision: number })[]) {
  return [...Map.groupBy(rows, ({ revision }) => revision)].map(([revision, lines]) => ({
    revision,
    lines: lines.map(({ sku, name, quantity, unitPrice }) => ({ sku, name, quantity, unitPrice })),
  }))
}
