/*
 * What customers read, from the lines that were in force when the mail was due.
 */
import db from '@adonisjs/lucid/services/db'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { publicUrl } from '#config/app'
import type { Shortage } from '#contracts/fields'
import type { Notification } from '#mail/queue'
import { run } from '#messaging/sql'
import type { PricedLine, ShipTo } from '../models/order.ts'
import type { MailKind } from '../order_status.ts'
import { total } from '../transformers/order_body.ts'
import { formatMoney } from './money.ts'

const SUBJECTS: Record<MailKind, (number: string) => string> = {
  order_confirmed: (number) => `Order ${number} is confirmed`,
  order_rejected: (number) => `Order ${number} could not be met`,
  change_accepted: (number) => `Order ${number} is changed`,
  change_declined: (number) => `Your change of order ${number} could not be met`,
  order_cancelled: (number) => `Order ${number} is cancelled`,
  order_fulfilled: (number) => `Order ${number} is on its way`,
}

interface MailedOrder {
  id: string
  number: number
  reference: string | null
  email: string
  name: string
  ship_to: ShipTo | null
  currency: string
  cancel_reason: string | null
  carrier: string | null
  tracking_number: string | null
  tracking_url: string | null
  /** Of all its revisions. */
  lines: (PricedLine & { revision: number })[]
  /** The revision whose lines the mail before this one showed; null when this is the first. */
  told: number | null
}

// Through models ten times as slow. With a "limit 1" PostgreSQL may walk all mails for the one before.
const findMailedOrder = {
  name: 'mail_order',
  text: /* sql */ `
    select id, number, reference, email, name, ship_to, currency, cancel_reason, carrier, tracking_number,
      tracking_url,
      (select json_agg(json_build_object('revision', revision, 'sku', sku, 'name', name, 'quantity', quantity,
                                         'unitPrice', unit_price) order by revision, position)
       from order_lines where order_id = orders.id) as lines,
      (select (array_agg((detail->>'linesOf')::int order by sequence desc))[1] from notifications
       where order_id = orders.id and sequence < $2) as told
    from orders where id = $1`,
}

/** @param notification.detail - `linesOf`: the revision whose lines are shown; `shortages` of a refusal */
export async function composeOrderMail({
  sequence,
  kind,
  subject: orderId,
  detail,
}: Notification): Promise<MessageComposeCallback> {
  const [order] = await run<MailedOrder & Record<string, unknown>>(
    db.connection('orders'),
    findMailedOrder,
    [orderId, sequence]
  )
  const number = `Q-${order.number}`
  const linesAt = (revision: unknown) => order.lines.filter((line) => line.revision === revision)
  const lines = linesAt(detail.linesOf)
  const content = {
    title: SUBJECTS[kind as MailKind](number),
    name: order.name,
    number,
    identity: order.reference
      ? `Order ${number}, your reference ${order.reference}`
      : `Order ${number}`,
    lines: lines.map((line) => ({
      ...line,
      price: formatMoney(line.unitPrice, order.currency),
      total: formatMoney(line.unitPrice * line.quantity, order.currency),
    })),
    total: formatMoney(total(lines), order.currency),
    changes: changesBetween(linesAt(order.told), lines),
    shortages: namedShortages(detail.shortages as Shortage[] | undefined, order.lines),
    reason: order.cancel_reason,
    parcel: {
      carrier: order.carrier,
      number: order.tracking_number,
      url: order.tracking_url,
    },
    shipTo: order.ship_to,
    url: `${publicUrl}/api/v1/orders/${order.id}`,
  }
  return (message) => {
    message
      .to(order.email, order.name)
      .subject(content.title)
      .htmlView(`orders::mails/${kind}`, content)
      .textView(`orders::mails/${kind}_text`, content)
  }
}

/** Product by product, where the pieces differ. */
function changesBetween(before: PricedLine[], after: PricedLine[]) {
  const pieces = (lines: PricedLine[], sku: string) =>
    lines.find((line) => line.sku === sku)?.quantity ?? 0
  const products = new Map([...before, ...after].map(({ sku, name }) => [sku, name]))
  return [...products]
    .map(([sku, name]) => ({ name, before: pieces(before, sku), after: pieces(after, sku) }))
    .filter((change) => change.before !== change.after)
    .map((change) => ({ name: change.name, words: inWords(change) }))
}

function inWords({ before, after }: { before: number; after: number }) {
  if (before === 0) return `added, ${after}`
  return after === 0 ? 'taken out' : `${after} instead of ${before}`
}

function namedShortages(shortages: Shortage[] = [], lines: PricedLine[]) {
  return shortages.map((shortage) => ({
    ...shortage,
    name: lines.find(({ sku }) => sku === shortage.sku)?.name ?? shortage.sku,
  }))
}
