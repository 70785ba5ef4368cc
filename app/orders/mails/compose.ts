/*
 * What customers read, from the order as it stood at the revision that the mail is about.
 */
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { publicUrl } from '#config/app'
import type { Shortage } from '#contracts/fields'
import type { Notification } from '#mail/queue'
import Order from '../models/order.ts'
import type { MailKind } from '../order_status.ts'
import { total } from '../transformers/order_body.ts'
import { formatMoney } from './money.ts'

const SUBJECTS: Partial<Record<MailKind, (number: string) => string>> = {
  order_confirmed: (number) => `Order ${number} is confirmed`,
  order_rejected: (number) => `Order ${number} could not be met`,
}

/** @throws Error for a kind that has no mail yet */
export async function composeOrderMail(
  notification: Notification
): Promise<MessageComposeCallback> {
  const { kind, revision, subject: orderId, detail } = notification
  const subject = SUBJECTS[kind as MailKind]
  if (!subject) throw new Error(`there is no mail "${kind}"`)
  const order = await Order.query().where('id', orderId).preload('lines').firstOrFail()
  const number = `Q-${order.number}`
  const asked = order.linesAt(revision)
  const lines = (asked.length > 0 ? asked : order.linesAt(order.revisionInForce)).map((line) => ({
    ...line,
    price: formatMoney(line.unitPrice, order.currency),
    total: formatMoney(line.unitPrice * line.quantity, order.currency),
  }))
  const content = {
    title: subject(number),
    name: order.name,
    number,
    reference: order.reference,
    lines,
    total: formatMoney(total(asked), order.currency),
    shortages: namedShortages(detail.shortages as Shortage[] | undefined, lines),
    shipTo: order.shipTo,
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
