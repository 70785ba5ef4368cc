import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { resend } from '#mail/operators/resend'
import { notFound } from '#http/problem'
import { existing } from '../queries/find_orders.ts'
import { lockOrder } from '../store/order.ts'
import type { SignedIn } from '#contracts/actor'
import type { MailKind } from '../order_state_machine.ts'

/**
 * Sends one of an order's mails again, to the current e-mail of the order.
 *
 * @throws Problem 404
 */
export async function resendMail(
  trx: TransactionClientContract,
  orderId: string,
  mailId: string,
  by: SignedIn
): Promise<{ kind: MailKind; number: string; email: string }> {
  const { number, email } = existing(await lockOrder(trx, orderId, by))
  const isOfOrder = { id: mailId, order_id: orderId }
  const mail = await trx.from('notifications').where(isOfOrder).select('id').first()
  if (!mail) throw notFound('mail')
  const { kind } = (await resend(trx, mailId))!
  return { kind: kind as MailKind, number: number!, email }
}
