import db from '@adonisjs/lucid/services/db'
import type { MailRecipient } from '#mail/mail_rows'
import { run } from '#postgres/run'

const findRecipients = {
  name: 'mail_recipients',
  text: `select id, number, email from orders where id = any ($1::uuid[])`,
}

/** The recipients of the mails about these orders, by order id. */
export async function mailRecipients(orderIds: string[]): Promise<Map<string, MailRecipient>> {
  type Row = { id: string; number: number; email: string }
  const rows = await run<Row>(db.connection('orders'), findRecipients, [orderIds])
  return new Map(
    rows.map(({ id, number, email }) => [id, { about: `Q-${number}`, address: email }])
  )
}
