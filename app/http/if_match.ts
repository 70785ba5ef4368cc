import type { HttpContext } from '@adonisjs/core/http'
import { Problem } from './problem.ts'

/**
 * The version that the caller has seen, from If-Match `"3"` or `W/"3"`; null when there is none or it
 * is `*`.
 *
 * @throws Problem 400 `if_match_malformed`
 */
export function ifMatch({ request }: HttpContext): number | null {
  // `request.header` takes an empty one for none: a caller who sends it wants no blind change.
  const header = request.headers()['if-match']
  if (header === undefined || header.trim() === '*') return null
  const match = /^(?:W\/)?"(\d{1,9})"$/.exec(header.trim())
  if (!match) {
    throw new Problem(
      400,
      'if_match_malformed',
      'If-Match must be an ETag as we gave it, such as "3".'
    )
  }
  return Number(match[1])
}

/**
 * As `ifMatch`, where a caller must say what they decided on.
 *
 * @throws Problem 428 `if_match_required` · 400 `if_match_malformed`
 */
export function requiredIfMatch(ctx: HttpContext): number | null {
  if (ctx.request.headers()['if-match'] === undefined) {
    throw new Problem(
      428,
      'if_match_required',
      'Send If-Match with the ETag of the order as you last read it, such as "3", so that no change of somebody else is lost; * takes any.'
    )
  }
  return ifMatch(ctx)
}
