/*
 * Load shedding: when more orders arrive than this process can place, it rejects new ones with Retry-After.
 * Changes to accepted orders, messages and mails are not affected. The checks, in order (decision 24):
 *
 * 1. Under overload, a placement is rejected before any work is done for it.
 * 2. Its body is read, within the limits of `app/http/server/unfinished_bodies.ts`.
 * 3. It waits for one of `PLACEMENTS_AT_ONCE` permits; under overload only briefly.
 * 4. Its token is looked up. A customer holds at most `PER_CUSTOMER` permits; further orders of that customer
 *    wait without one.
 */
import { placementsAtOnce } from '#config/orders'
import { Problem } from '#http/problem'
import { ControlledDelay, type Permit } from '#http/server/controlled_delay'
import { placementsRejected } from '../../metrics.ts'

declare module '@adonisjs/core/http' {
  interface HttpContext {
    /** The permit of a placement: released when the order is placed, even if the caller waits for a reply. */
    permit?: Permit
  }
}

const PER_CUSTOMER = 4

export const placements = new ControlledDelay(placementsAtOnce)

/** @throws Problem 503 `too_many_placements` */
export function rejectPlacement(): never {
  placementsRejected.inc()
  throw new Problem(
    'too_many_placements',
    'More orders are arriving than this server can place. This request had no effect. Repeat it in a second with the same Idempotency-Key.',
    { headers: { 'Retry-After': '1' } }
  )
}

/** Limits per customer, by account id, for customers with placements in progress. */
const shares = new Map<string, ControlledDelay>()

/**
 * Acquires one of the customer's permits, waiting under the same rules as `placements`.
 *
 * @param release - called before waiting, so that others can use the caller's permit meanwhile
 * @returns null if the customer has too many placements in progress
 */
export async function takeShare(customerId: string, release: () => void): Promise<Permit | null> {
  const share = shares.get(customerId) ?? new ControlledDelay(PER_CUSTOMER)
  shares.set(customerId, share)
  let permit = share.tryAcquire()
  if (!permit) {
    release()
    permit = await share.acquire()
  }
  const releaseShare = () => {
    permit?.release()
    // A second release may find a newer share of this customer: keep that one.
    const isIdle = share.active + share.waiting === 0
    if (isIdle && shares.get(customerId) === share) shares.delete(customerId)
  }
  return permit && { since: permit.since, release: releaseShare }
}
