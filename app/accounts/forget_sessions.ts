import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { deleteInBatches } from '#postgres/delete_in_batches'

/** Deletes expired sessions. The store itself deletes some only when people sign in. */
export async function forgetSessions(client: QueryClientContract) {
  return deleteInBatches(
    client,
    `delete from sessions where id in (
       select id from sessions where expires_at < now()
       order by expires_at limit :most for update skip locked)`,
    {}
  )
}
