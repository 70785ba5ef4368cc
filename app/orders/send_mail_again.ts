import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { mailQueue } from '#mail/queue'
import { notFound } from '#http/problem'
import { lockOrder } from './models/order.ts'
import type { SignedIn } from '#contracts/actor'
import type { MailKind } from './order_status.ts'

/**
 * Sends one of an order's mails once more, to the address that the order has now and with what it says
 * now, under the Message-ID that it had. One that is on its way already stays so.
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
  const mail = await trx.from('notifications').where({ id: mailId, order_id: orderId }).first()
  if (!mail) throw notFound('mail')
  if (mail.status !== 'pending') {
    const now = new Date()
    // From now on it has its whole day of tries, as a new one has.
    await trx
      .from('notifications')
      .where('id', mailId)
      .update({ status: 'pending', attempts: 0, next_attempt_at: now, created_at: now })
    trx.after('commit', () => mailQueue.wake())
  }
  return { kind: mail.kind, email }
}
