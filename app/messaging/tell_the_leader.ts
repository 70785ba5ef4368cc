import type { Database } from '@adonisjs/lucid/database'
import { outbox } from './outbox.ts'
import { channelOf } from './relay.ts'

/** One word for all commits within it. */
const GATHER_MS = 15

/**
 * In a process without a relay: tells the one that leads elsewhere of each commit. A word that is lost
 * costs no more than its next poll.
 *
 * @returns a function that ends it
 */
export function tellTheLeader(db: Database, module: string) {
  let telling: NodeJS.Timeout | null = null
  return outbox.onCommitted(module, () => {
    telling ??= setTimeout(() => {
      telling = null
      void db
        .connection(module)
        .rawQuery(`notify ${channelOf(module)}`)
        .catch(() => {})
    }, GATHER_MS).unref()
  })
}
