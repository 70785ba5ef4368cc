import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { forgetInBatches } from '#messaging/retention'
import { firstIdAt } from '#messaging/sql'

const KEPT_MS = 90 * 86_400_000

/** Who reads of them by mail has done so within a day. */
export async function forgetCrossings(client: QueryClientContract) {
  return forgetInBatches(
    client,
    `delete from low_crossings where id in (
       select id from low_crossings where id < :bound order by id limit :most)`,
    { bound: firstIdAt(Date.now() - KEPT_MS) }
  )
}
