/*
 * Waits for a condition that another process or background work brings about.
 */
import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** How many times longer everything takes under the machine's current load; at least 1. */
export function slowdown() {
  return Math.max(1, loadavg()[0] / availableParallelism())
}

/**
 * Polls until the result is truthy, and returns it.
 *
 * @param within - milliseconds on an idle machine, extended under load; ample, because only a failing test takes that long
 * @param every - milliseconds between two polls
 * @throws Error when the time is over, and errors of `find`
 */
export async function eventually<T>(
  what: string,
  find: () => T | Falsy | Promise<T | Falsy>,
  { within = 60_000, every = 20 } = {}
): Promise<T> {
  const deadline = Date.now() + within * slowdown()
  for (;;) {
    const found = await find()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`Not within ${within / 1000} s: ${what}`)
    await sleep(every)
  }
}

type Falsy = null | undefined | false
