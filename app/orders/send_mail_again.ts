import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { sendAgain } from '#mail/send_again'
import { notFound } from '#http/problem'
import { lockOrder } from './models/order.ts'
import type { SignedIn } from '#contracts/actor'
import type { MailKind } from './order_status.ts'

/**
 * Sends one of an order's mails once more, to the address that the order has now.
 *
 * @throws Problem 404
 */
export async function sendMailAgain(
  trx: TransactionClientContract,
  orderId: string,
  mailId: string,
  by: SignedIn
): Promise<{ kind: MailKind; email: string }> {
  const { email } = await lockOrder(trx, orderId, by)
  const isOfOrder = { id: mailId, order_id: orderId }
  const mail = await trx.from('notifications').where(isOfOrder).select('id').first()
  if (!mail) throw notFound('mail')
  const { kind } = (await sendAgain(trx, mailId))!
  return { kind: kind as MailKind, email }
}
