import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { deleteInBatches } from '#postgres/delete_in_batches'
import { firstIdAt } from '#postgres/run'

const KEPT_MS = 90 * 86_400_000

/** Deletes crossings after 90 days. Mails report them within a day. */
export async function forgetCrossings(client: QueryClientContract) {
  return deleteInBatches(
    client,
    `delete from low_crossings where id = any (array(
       select id from low_crossings where id < :bound order by id limit :most))`,
    { bound: firstIdAt(Date.now() - KEPT_MS) }
  )
}
