import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { forgetInBatches } from '#messaging/retention'

/** Sessions that have expired. The store deletes some as people sign in; where nobody does, none. */
export async function forgetSessions(client: QueryClientContract) {
  return forgetInBatches(
    client,
    `delete from sessions where id in (
       select id from sessions where expires_at < now()
       order by expires_at limit :most for update skip locked)`,
    {}
  )
}
