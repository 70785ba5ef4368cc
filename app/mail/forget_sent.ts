import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { deleteInBatches } from '#postgres/delete_in_batches'
import { firstIdAt } from '#postgres/run'

const KEPT_MS = 90 * 86_400_000

/** Deletes mails 90 days after they were sent. Mails that were given up stay until an operator acts. */
export async function forgetSentMails(client: QueryClientContract) {
  return deleteInBatches(
    client,
    `delete from notifications where id = any (array(
       select id from notifications
       where id < :bound and status = 'sent' and sent_at < now() - :kept * interval '1 millisecond'
       order by id limit :most for update skip locked))`,
    { bound: firstIdAt(Date.now() - KEPT_MS), kept: KEPT_MS }
  )
}
