import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#http/problem'
import type { Permit } from '#http/server/controlled_delay'
import { placementsBeyondShare } from '../../metrics.ts'
import { placements, rejectPlacement, takeShare } from './admission.ts'

/**
 * Limits the permits of one customer, so that one customer's burst cannot take them all. An order above the
 * limit releases its permit while it waits, so a client that places several orders at once still succeeds.
 * Staff and services are not limited.
 */
export default class CustomerShareMiddleware {
  /** @throws Problem 429 `too_many_own_placements` · 503 `too_many_placements` */
  async handle(ctx: HttpContext, next: NextFn) {
    const { account, permit: admitted } = ctx
    if (account.role !== 'customer') return next()
    let waited = false
    const share = await takeShare(account.id, () => {
      waited = true
      admitted!.release()
    })
    if (!share) {
      placementsBeyondShare.inc()
      throw new Problem(
        'too_many_own_placements',
        'Too many of your orders are being placed at the same time. This request had no effect. Repeat it in a second with the same Idempotency-Key.',
        { headers: { 'Retry-After': '1' } }
      )
    }
    try {
      const permit = waited ? ((await placements.acquire()) ?? rejectPlacement()) : admitted!
      ctx.permit = both(permit, share)
      if (!ctx.response.response.destroyed) return await next()
    } finally {
      ctx.permit!.release()
      share.release()
    }
  }
}

function both(permit: Permit, share: Permit): Permit {
  const release = () => {
    permit.release()
    share.release()
  }
  return { since: permit.since, release }
}
