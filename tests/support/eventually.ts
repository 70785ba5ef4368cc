/*
 * Waiting for what another process, or another part of this one, brings about.
 */
import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** How many times as long everything takes here while the machine has other work too; at least 1. */
export function slowdown() {
  return Math.max(1, loadavg()[0] / availableParallelism())
}

/**
 * Asks again and again until the result is truthy, and returns it.
 *
 * @param within - milliseconds, on a machine with nothing else to do
 * @param every - milliseconds from one result to the next question
 * @throws Error when it is not so by then, and what `find` throws
 */
export async function eventually<T>(
  what: string,
  find: () => T | Falsy | Promise<T | Falsy>,
  { within = 20_000, every = 20 } = {}
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
