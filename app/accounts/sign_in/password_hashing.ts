/*
 * A password hash takes 50 ms of CPU and 16 MB, and anyone can request one by signing in or up. Two run at
 * a time, so that a flood of sign-ins leaves the CPU to orders.
 */
import { FairQueue } from '#http/server/fair_queue'
import { Problem } from '#http/problem'
import { tooManyAttempts } from './attempts.ts'
import { logInAttempts } from './metrics.ts'

const permits = new FairQueue({ atOnce: 2, waiting: 500, patience: 10_000 })
/** A network with this many waiting requests sends too many; one with fewer did not cause the queue. */
const MANY_OF_ONE_NETWORK = 10

/**
 * Runs `compute` when this client gets a permit.
 *
 * @param network - of the client, as `networkOf` returns it
 * @param compute - computes a hash and nothing else; waiting for the database would block other clients
 * @throws Problem 429 `too_many_attempts` when this network requests too many hashes · 503
 *   `temporarily_unavailable` when others do, or the CPU is busy
 */
export async function withHashPermit<T>(network: string, compute: () => Promise<T>): Promise<T> {
  const release = await permits.acquire(network)
  if (!release) {
    throw permits.waitingOf(network) >= MANY_OF_ONE_NETWORK ? tooManyAttempts() : noPermit()
  }
  try {
    return await compute()
  } finally {
    release()
  }
}

function noPermit() {
  logInAttempts.inc({ outcome: 'unavailable' })
  return new Problem(
    'temporarily_unavailable',
    'The server is checking too many passwords and did not check this one. Retry after 2 seconds.',
    { headers: { 'Retry-After': '2' } }
  )
}
