import type { Database } from '@adonisjs/lucid/database'
import { outbox } from './outbox.ts'
import { channelOf } from './relay.ts'

/** Commits within this time share one notification. */
const COALESCE_MS = 15

/**
 * Notifies the leading relay of another process after each commit of this one. A lost notification only
 * delays messages until the relay's next poll.
 *
 * @returns a function that ends it
 */
export function notifyRelay(db: Database, module: string) {
  let pending: NodeJS.Timeout | null = null
  return outbox.onCommit(module, () => {
    pending ??= setTimeout(() => {
      pending = null
      void db
        .connection(module)
        .rawQuery(`notify ${channelOf(module)}`)
        .catch(() => {})
    }, COALESCE_MS).unref()
  })
}
