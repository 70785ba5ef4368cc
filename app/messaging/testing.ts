/*
 * For tests: waiting until all messages are handled.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Messaging } from './messaging.ts'

/**
 * Resolves when every message is published and handled, and no new one has followed.
 *
 * @param timeout - milliseconds
 * @throws Error with the first messages that are still in progress
 */
export async function waitUntilIdle(messaging: Messaging, timeout = 60_000) {
  const until = Date.now() + timeout
  let before = -1
  for (;;) {
    const { checked, findings } = await messaging.verify(0)
    const unfinished = findings.filter(({ kind }) => kind !== 'parked')
    if (unfinished.length === 0 && checked === before) return
    before = unfinished.length === 0 ? checked : -1
    if (Date.now() > until) {
      throw new Error(`messages are still in progress: ${JSON.stringify(unfinished.slice(0, 3))}`)
    }
    await sleep(5)
  }
}
