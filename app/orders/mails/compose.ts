/*
 * What customers read, from the order as it stood at the revision that the mail is about.
 */
import db from '@adonisjs/lucid/services/db'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { publicUrl } from '#config/app'
import type { Shortage } from '#contracts/fields'
import type { Notification } from '#mail/queue'
import { run } from '#messaging/sql'
import type { ShipTo } from '../models/order.ts'
import type { MailKind } from '../order_status.ts'
import type { PricedLine } from '../price_list.ts'
import { total } from '../transformers/order_body.ts'
import { formatMoney } from './money.ts'

const SUBJECTS: Partial<Record<MailKind, (number: string) => string>> = {
  order_confirmed: (number) => `Order ${number} is confirmed`,
  order_rejected: (number) => `Order ${number} could not be met`,
}

interface MailedOrder {
  id: string
  number: number
  reference: string | null
  email: string
  name: string
  ship_to: ShipTo | null
  currency: string
  lines: PricedLine[]
}

// The lines of the revision that the mail is about, through the model ten times as slow.
const findMailedOrder = {
  name: 'mail_order',
  text: /* sql */ `
    select id, number, reference, email, name, ship_to, currency,
      (select coalesce(json_agg(json_build_object('sku', sku, 'name', name, 'quantity', quantity,
                                                  'unitPrice', unit_price) order by position), '[]')
       from order_lines where order_id = orders.id and revision = $2) as lines
    from orders where id = $1`,
}

/** @throws Error for a kind that has no mail yet */
export async function composeOrderMail(
  notification: Notification
): Promise<MessageComposeCallback> {
  const { kind, revision, subject: orderId, detail } = notification
  const subject = SUBJECTS[kind as MailKind]
  if (!subject) throw new Error(`there is no mail "${kind}"`)
  const [order] = await run<MailedOrder & Record<string, unknown>>(
    db.connection('orders'),
    findMailedOrder,
    [orderId, revision]
  )
  const number = `Q-${order.number}`
  const lines = order.lines.map((line) => ({
    ...line,
    price: formatMoney(line.unitPrice, order.currency),
    total: formatMoney(line.unitPrice * line.quantity, order.currency),
  }))
  const content = {
    title: subject(number),
    name: order.name,
    identity: order.reference
      ? `Order ${number}, your reference ${order.reference}`
      : `Order ${number}`,
    lines,
    total: formatMoney(total(order.lines), order.currency),
    shortages: namedShortages(detail.shortages as Shortage[] | undefined, lines),
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

function namedShortages(shortages: Shortage[] = [], lines: { sku: string; name: string }[]) {
  return shortages.map((shortage) => ({
    ...shortage,
    name: lines.find(({ sku }) => sku === shortage.sku)?.name ?? shortage.sku,
  }))
}
