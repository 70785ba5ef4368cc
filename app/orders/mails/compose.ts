/*
 * Composes the mails to customers, from the lines that were in force when the mail was queued.
 */
import db from '@adonisjs/lucid/services/db'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import type { Shortage } from '#contracts/messages/fields'
import type { Notification } from '#mail/mail_rows'
import { run } from '#postgres/run'
import { Gathered } from '#runtime/gathered'
import type { PricedLine, ShipTo } from '../store/order.ts'
import { quantityChanges, totalOf } from '../order_lines.ts'
import type { MailKind } from '../order_state_machine.ts'
import { formatMoney } from './money.ts'

/** The subject of each mail about an order, by the order's number. */
export const MAIL_SUBJECTS: Record<MailKind, (number: string) => string> = {
  order_confirmed: (number) => `Order ${number} is confirmed`,
  order_rejected: (number) => `Order ${number} could not be fulfilled`,
  change_accepted: (number) => `Order ${number} has been changed`,
  change_declined: (number) => `Your change to order ${number} could not be made`,
  order_cancelled: (number) => `Order ${number} has been cancelled`,
  order_fulfilled: (number) => `Order ${number} is on its way`,
}

interface MailedOrder extends Record<string, unknown> {
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
  /** The lines of all revisions. */
  lines: (PricedLine & { revision: number })[]
  /** The revision whose lines the previous mail showed; null if this is the first mail. */
  previous: number | null
}

/** The mails that are leased together share a statement. */
const mailedOrders = new Gathered(findMailedOrders)

// array_agg instead of "order by … limit 1", for which PostgreSQL can choose to scan the mails of all orders.
const findOrders = {
  name: 'mail_orders',
  text: /* sql */ `
    select orders.id, number, reference, email, name, ship_to, currency, cancel_reason, carrier, tracking_number,
      tracking_url,
      (select json_agg(json_build_object('revision', revision, 'sku', sku, 'name', name, 'quantity', quantity,
                                         'unitPrice', unit_price) order by revision, position)
       from order_lines where order_id = orders.id) as lines,
      (select (array_agg((detail->>'linesOf')::int order by sequence desc))[1] from notifications
       where order_id = orders.id and sequence < mail.sequence) as previous
    from unnest($1::uuid[], $2::bigint[]) with ordinality as mail (order_id, sequence, position)
    join orders on orders.id = mail.order_id
    order by position`,
}

/** @returns the order of each mail, in the same order */
async function findMailedOrders(mails: Notification[]): Promise<MailedOrder[]> {
  return run<MailedOrder>(db.connection('orders'), findOrders, [
    mails.map(({ subject }) => subject),
    mails.map(({ sequence }) => sequence),
  ])
}

/** @param notification.detail - `linesOf`: the revision whose lines to show; `shortages` of a rejection */
export async function composeOrderMail(mail: Notification): Promise<MessageComposeCallback> {
  const order = await mailedOrders.call(mail)
  const { kind, detail } = mail
  const number = `Q-${order.number}`
  const linesAt = (revision: unknown) => order.lines.filter((line) => line.revision === revision)
  const lines = linesAt(detail.linesOf)
  const { ship_to: to } = order
  const content = {
    title: MAIL_SUBJECTS[kind as MailKind](number),
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
    total: formatMoney(totalOf(lines), order.currency),
    changes: changeTexts(linesAt(order.previous), lines),
    shortages: shortageTexts(detail.shortages as Shortage[] | undefined, order.lines),
    reason: order.cancel_reason,
    parcel: {
      carrier: order.carrier,
      number: order.tracking_number,
      url: order.tracking_url,
    },
    shipTo: to && [to.name, ...to.address, to.country].join(', '),
  }
  return (message) => {
    message
      .to(order.email, order.name)
      .subject(content.title)
      .htmlView(`orders::mails/${kind}`, content)
      .textView(`orders::mails/${kind}_text`, content)
  }
}

/** The changed products, such as "Red mug: 4 instead of 2". */
function changeTexts(before: PricedLine[], after: PricedLine[]) {
  return quantityChanges(before, after).map((change) => {
    return `${nameOf(change.sku, [...after, ...before])}: ${describeChange(change)}`
  })
}

function describeChange({ before, after }: { before: number; after: number }) {
  if (before === 0) return `${after} added`
  return after === 0 ? 'removed' : `${after} instead of ${before}`
}

function shortageTexts(shortages: Shortage[] = [], lines: PricedLine[]) {
  return shortages.map(({ sku, requested, available }) => {
    return `${nameOf(sku, lines)} (${sku}): requested ${requested}, available ${available}`
  })
}

function nameOf(sku: string, lines: PricedLine[]) {
  return lines.find((line) => line.sku === sku)?.name ?? sku
}
