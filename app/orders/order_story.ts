/*
 * An order's whole story, for the person who has to find out what happened.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { isUuid } from '#http/fields'
import { orderColumns, recordOf, type OrderRecord, type PricedLine } from './models/order.ts'
import type { StepRow } from './models/step_row.ts'

export interface OrderStory {
  order: OrderRecord
  /** Of the staff, for the staff. */
  note: string | null
  /** The lines that each revision asked for. */
  revisions: { revision: number; lines: PricedLine[] }[]
  steps: StepRow[]
  /** What orders said of it, and where it lies in the topic; null while it is in the outbox. */
  messages: {
    id: string
    type: string
    data: unknown
    createdAt: Date
    publishedAt: Date | null
    partition: number | null
    offset: number | null
    resendOf: string | null
  }[]
  mails: {
    id: string
    kind: string
    revision: number
    status: string
    attempts: number
    createdAt: Date
    sentAt: Date | null
    lastError: string | null
  }[]
  /** What could not be handled of it, and what waits behind that. */
  deadLetters: { type: string; reason: string; error: string | null; createdAt: Date }[]
  /** That the broker refuses what orders has to say of it, and all that comes after; null while it does not. */
  parked: { error: string; parkedAt: Date } | null
}

/** @param idOrNumber - a UUID, or a number as people see it. @returns null when there is none */
export async function orderStory(
  client: QueryClientContract,
  idOrNumber: string
): Promise<OrderStory | null> {
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
    client
      .from('outbox')
      .where('key', id)
      .whereRaw(`headers->>'ce_replayof' is null`)
      .orderBy('id')
      .select('message_id as id', 'type', 'data', 'created_at as createdAt')
      .select('published_at as publishedAt', 'partition', 'offset')
      .select(client.raw(`headers->>'ce_resendof' as "resendOf"`)),
    client
      .from('notifications')
      .where('order_id', id)
      .orderBy('sequence')
      .select('id', 'kind', 'revision', 'status', 'attempts')
      .select('created_at as createdAt', 'sent_at as sentAt', 'last_error as lastError'),
    client
      .from('dead_letters')
      .where('key', id)
      .orderBy('id')
      .select('type', 'reason', 'error_message as error', 'created_at as createdAt'),
    client.from('parked_keys').where('key', id).select('error', 'parked_at as parkedAt').first(),
  ])
  const revisions = byRevision(lines)
  return { order, note, revisions, steps, messages, mails, deadLetters, parked: parked ?? null }
}

function byRevision(rows: (PricedLine & { revision: number })[]) {
  return [...Map.groupBy(rows, ({ revision }) => revision)].map(([revision, lines]) => ({
    revision,
    lines: lines.map(({ sku, name, quantity, unitPrice }) => ({ sku, name, quantity, unitPrice })),
  }))
}
