import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { mailQueue } from '../queue.ts'

/**
 * Re-sends a mail with current content, under the same Message-ID, with the attempts of a new mail: a day, three copies,
 * two refusals. A pending mail stays as it is.
 *
 * @param trx - a transaction on the mail's module
 * @returns the kind of the mail; null when there is no such mail
 */
export async function resend(
  trx: TransactionClientContract,
  id: string
): Promise<{ kind: string } | null> {
  const mail = await trx
    .from('notifications')
    .where('id', id)
    .forUpdate()
    .select('kind', 'status')
    .first()
  if (!mail) return null
  if (mail.status !== 'pending') {
    const now = new Date()
    await trx
      .from('notifications')
      .where('id', id)
      .update({
        status: 'pending',
        ...{ attempts: 0, unconfirmed: 0, refusals: 0 },
        ...{ next_attempt_at: now, created_at: now },
      })
    trx.after('commit', () => mailQueue.wake())
  }
  return { kind: mail.kind }
}
