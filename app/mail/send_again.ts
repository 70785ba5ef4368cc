import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { mailQueue } from './queue.ts'

/**
 * Sends a mail once more, with what it says now and under the Message-ID that it had. One that is on its
 * way already stays so. It has the attempts of a new mail: a day, three copies, two refusals.
 *
 * @param trx - of the module whose mail it is
 * @returns what kind of mail it is; null when there is none of that id
 */
export async function sendAgain(
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
