import type { HttpContext } from '@adonisjs/core/http'
import { Problem } from '../problem.ts'

/**
 * The expected version from If-Match, `"3"` or `W/"3"`; null when the header is missing or `*`.
 *
 * @throws Problem 400 `if_match_malformed`
 */
export function ifMatch({ request }: HttpContext): number | null {
  // `request.header` treats an empty header as missing, but its sender expects a check.
  const header = request.headers()['if-match']
  if (header === undefined || header.trim() === '*') return null
  const match = /^(?:W\/)?"(\d{1,9})"$/.exec(header.trim())
  if (!match) {
    throw new Problem(
      'if_match_malformed',
      'If-Match must be an ETag from a response, with its quotation marks, such as "3".'
    )
  }
  return Number(match[1])
}

/**
 * Whether the caller sends `If-None-Match: *`, to create and not to replace.
 *
 * @throws Problem 400 `if_match_malformed` for any other If-None-Match, and together with If-Match
 */
export function ifNoneMatch({ request }: HttpContext): boolean {
  const { 'if-none-match': header, 'if-match': other } = request.headers()
  if (header === undefined) return false
  if (header.trim() === '*' && other === undefined) return true
  throw new Problem(
    'if_match_malformed',
    'If-None-Match must be * and cannot be combined with If-Match. Send If-None-Match: * to create, or If-Match to replace.'
  )
}

/**
 * As `ifMatch`, where the header is required.
 *
 * @throws Problem 428 `if_match_required` · 400 `if_match_malformed`
 */
export function requiredIfMatch(ctx: HttpContext): number | null {
  if (ctx.request.headers()['if-match'] === undefined) {
    throw new Problem(
      'if_match_required',
      'If-Match is missing. Send the ETag of the version that you last read, such as "3", or * to overwrite any version.'
    )
  }
  return ifMatch(ctx)
}
