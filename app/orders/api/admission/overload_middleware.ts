import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { placements, rejectPlacement } from './admission.ts'

/** Under overload, rejects placements before their bodies are read. */
export default class OverloadMiddleware {
  /** @throws Problem 503 `too_many_placements` */
  handle(_: HttpContext, next: NextFn) {
    return placements.overloaded ? rejectPlacement() : next()
  }
}
