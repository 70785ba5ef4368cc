import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { placements, rejectPlacement } from './admission.ts'

/** Waits for a permit to place an order. Runs after the body has arrived and before authentication. */
export default class AdmissionMiddleware {
  /** @throws Problem 503 `too_many_placements` */
  async handle(ctx: HttpContext, next: NextFn) {
    const permit = (await placements.acquire()) ?? rejectPlacement()
    ctx.permit = permit
    try {
      // A client that disconnected while waiting repeats the request under the same key.
      if (!ctx.response.response.destroyed) return await next()
    } finally {
      permit.release()
    }
  }
}
