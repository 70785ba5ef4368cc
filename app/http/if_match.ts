import type { HttpContext } from '@adonisjs/core/http'
import { Problem } from './problem.ts'

/**
 * The version that the caller has seen, from If-Match `"3"` or `W/"3"`; null when there is none or it
 * is `*`.
 *
 * @throws Problem 400 `if_match_malformed`
 */
export function ifMatch({ request }: HttpContext): number | null {
  const header = request.header('if-match')
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
