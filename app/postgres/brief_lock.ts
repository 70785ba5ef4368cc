import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { setTimeout as sleep } from 'node:timers/promises'

const LOCK_TRIES = 500
const PAUSE_MS = 500

/**
 * Runs a statement that needs an exclusive lock for a moment. It gives up the lock after 100 ms and tries again, because
 * all statements on the table wait behind one that waits for it.
 *
 * @throws DatabaseError 55P03 when the lock is not free within five minutes
 */
export async function withBriefLock(owner: QueryClientContract, statement: string) {
  for (let tries = 1; ; tries++) {
    try {
      return await owner.transaction(async (trx) => {
        await trx.rawQuery(`set local lock_timeout = '100ms'`)
        await trx.rawQuery(statement)
      })
    } catch (error) {
      if ((error as { code?: string }).code !== '55P03' || tries === LOCK_TRIES) throw error
      await sleep(PAUSE_MS)
    }
  }
}
