/*
 * Load shedding: when more orders come in than can be taken, new ones are sent away for a second, before anything
 * is done for them. What was accepted goes on: changes, answers of the inventory, mails.
 */
import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { placementsAtOnce } from '#config/orders'
import { ControlledDelay, type Turn } from '#http/controlled_delay'
import { tooManyPlacements } from './exceptions.ts'
import { placementsSentAway } from './metrics.ts'

declare module '@adonisjs/core/http' {
  interface HttpContext {
    /** Of an order that is placed: to be ended when it is, even if its caller waits for more. */
    turn?: Turn
  }
}

export const placements = new ControlledDelay(placementsAtOnce)

export default class AdmissionMiddleware {
  /** @throws Problem 503 `too_many_placements` */
  async handle(ctx: HttpContext, next: NextFn) {
    const turn = await placements.turn()
    if (!turn) {
      placementsSentAway.inc()
      throw tooManyPlacements()
    }
    ctx.turn = turn
    try {
      // Whoever has gone meanwhile comes again, under the same key.
      if (!ctx.response.response.destroyed) return await next()
    } finally {
      turn.end()
    }
  }
}
