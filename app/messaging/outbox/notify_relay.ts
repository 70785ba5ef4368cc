import type { Database } from '@adonisjs/lucid/database'
import { outbox } from './outbox.ts'
import { channelOf } from './relay.ts'

/** From one notification to the next: the commits in between share one. */
const APART_MS = 15

/**
 * Notifies the leading relay of another process after each commit of this one, immediately if the last notification is
 * long enough ago. A lost notification only delays messages until the relay's next poll.
 *
 * @returns a function that ends it
 */
export function notifyRelay(db: Database, module: string, apart = APART_MS) {
  let hasNotified = false
  let isWanted = false
  const notify = () => {
    hasNotified = true
    isWanted = false
    void db
      .connection(module)
      .rawQuery(`notify ${channelOf(module)}`)
      .catch(() => {})
    setTimeout(() => {
      hasNotified = false
      if (isWanted) notify()
    }, apart).unref()
  }
  return outbox.onCommit(module, () => {
    isWanted = true
    if (!hasNotified) notify()
  })
}
