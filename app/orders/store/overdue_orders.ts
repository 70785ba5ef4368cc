/*
 * Orders that wait for a stock reply: re-sends overdue requests, and flags orders whose
 * re-sends got no reply.
 */
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { SYSTEM } from '#contracts/actor'
import type { Line } from '#contracts/messages/fields'
import { outbox } from '#messaging/outbox/outbox'
import { run } from '#postgres/run'
import { targetMessage, type TargetOrder } from './target.ts'
import { insertStep } from './timeline.ts'

export interface Timing {
  /** Milliseconds before the first re-send; doubled for each further one. */
  replyTimeout: number
  /** Re-sends before the order is flagged. */
  tries: number
}

interface WaitingOrder extends TargetOrder, Record<string, unknown> {
  resends: number
  lines: Line[]
  /** The first message with this revision. */
  firstMessageId: string
}

const wasPublished = outbox.isPublished('orders.id::text')

// Skips orders that another transaction is changing, and orders whose first message is still in the outbox.
const lockStatement = {
  name: 'waiting_lock',
  text: /* sql */ `
    select id from orders
    where resend_at <= now() and resends < $1 and ${wasPublished}
    order by resend_at limit $2
    for update skip locked`,
}

// A separate statement, so that it sees the lines of the locked revision.
const readStatement = {
  name: 'waiting_read',
  text: /* sql */ `
    select id, 'Q-' || number as number, status, revision, cancel_reason as "cancelReason", resends,
      (select coalesce(json_agg(json_build_object('sku', sku, 'quantity', quantity) order by position), '[]')
       from order_lines where order_id = orders.id and revision = orders.revision) as lines,
      (select message_id from timeline_steps
       where order_id = orders.id and timeline_steps.revision = orders.revision
         and type in ('placed', 'revised', 'cancelled', 'fulfilled')) as "firstMessageId"
    from orders where id = any ($1::uuid[]) order by resend_at`,
}

/** Re-sends the requests that are due, the longest overdue first. @returns the ids of the orders */
export async function resendDue(client: QueryClientContract, timing: Timing, most: number) {
  return client.transaction((trx) => resend(trx, timing, most))
}

async function resend(trx: TransactionClientContract, timing: Timing, most: number) {
  const locked = await run<{ id: string }>(trx, lockStatement, [timing.tries, most])
  if (locked.length === 0) return []
  const due = await run<WaitingOrder>(trx, readStatement, [locked.map(({ id }) => id)])
  await outbox.add(
    trx,
    due.map((order) => targetMessage(order, order.lines, { ce_resendof: order.firstMessageId }))
  )
  await run(trx, countStatement, [
    due.map(({ id }) => id),
    due.map(({ resends }) => nextWait(resends + 1, timing)),
  ])
  return due.map(({ id }) => id)
}

/** Milliseconds after re-send number `resends`: 1, 2, 4, 8 minutes for a timeout of 30 s. */
function nextWait(resends: number, { replyTimeout, tries }: Timing) {
  return resends < tries ? replyTimeout * 2 ** resends : replyTimeout
}

const countStatement = {
  name: 'waiting_count',
  text: /* sql */ `
    update orders set resends = resends + 1, resend_at = now() + wait * interval '1 millisecond'
    from unnest($1::uuid[], $2::float8[]) as resent(resent_id, wait) where id = resent_id`,
}

const flagStatement = {
  name: 'waiting_flag',
  text: /* sql */ `
    update orders set attention = true, resend_at = null, version = version + 1, updated_at = now()
    where id = any (array(select id from orders
                 where resend_at <= now() and resends >= $1 and ${wasPublished}
                 order by resend_at limit $2 for update skip locked))
    returning id, version, status, revision, updated_at as at`,
}

interface FlaggedOrder extends Record<string, unknown> {
  id: string
  version: number
  status: string
  revision: number
  at: Date
}

/** Flags the orders whose last re-send got no reply. @returns their ids */
export async function flagOverdue(client: QueryClientContract, { tries }: Timing, most: number) {
  return client.transaction(async (trx) => {
    const flagged = await run<FlaggedOrder>(trx, flagStatement, [tries, most])
    for (const { id: orderId, version: sequence, status, revision, at } of flagged) {
      await insertStep(trx, {
        ...{ orderId, sequence, at: at.toISOString(), type: 'attention', status, revision },
        ...{ actor: SYSTEM, messageId: null, detail: {} },
      })
    }
    return flagged.map(({ id }) => id)
  })
}

/** Counts the orders that still wait or are flagged. */
export async function waitingAmong(client: QueryClientContract, ids: string[]): Promise<number> {
  const [{ n }] = await run<{ n: number }>(client, waitingStatement, [ids])
  return n
}

const waitingStatement = {
  name: 'waiting_among',
  text: `select count(*) as n from orders
         where id = any ($1::uuid[]) and (resend_at is not null or attention)`,
}
