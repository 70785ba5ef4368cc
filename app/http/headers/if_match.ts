import type { HttpContext } from '@adonisjs/core/http'
import { Problem } from '../problem.ts'

/**
 * An entity tag in a list: `"3"`, `W/"3"`, and `"3-gzip"`, `"3--gzip"` or `"3;br"`, as proxies that compress
 * rewrite it.
 */
const TAGS = /\s*(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)/y
const OURS = /^(\d{1,9})(?:(?:--?|;)[a-z\d]+)?$/

/** The ETag of a version. */
export function entityTag(version: number) {
  return `"${version}"`
}

/**
 * The expected versions from If-Match, one of which must be the current one; null when the header is missing or `*`.
 *
 * @throws Problem 400 `if_match_malformed`
 */
export function ifMatch({ request }: HttpContext): number[] | null {
  // `request.header` treats an empty header as missing, but its sender expects a check.
  const header = request.headers()['if-match']
  if (header === undefined || header.trim() === '*') return null
  const versions = versionsIn(header)
  if (versions.length > 0) return versions
  throw new Problem(
    'if_match_malformed',
    'If-Match must be an ETag from a response, with its quotation marks, such as "3".'
  )
}

/** The versions in a list of entity tags, without tags of others; none if it is not such a list. */
function versionsIn(header: string): number[] {
  const tags: string[] = []
  TAGS.lastIndex = 0
  while (TAGS.lastIndex < header.length) {
    const tag = TAGS.exec(header)
    if (!tag) return []
    tags.push(tag[1])
  }
  return tags.flatMap((tag) => OURS.exec(tag)?.[1] ?? []).map(Number)
}

/** Whether the caller of a GET has this version already (If-None-Match): the response is 304 without a body. */
export function alreadyHas({ request }: HttpContext, version: number): boolean {
  const header = request.header('if-none-match')
  if (header === undefined) return false
  return header.trim() === '*' || versionsIn(header).includes(version)
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
export function requiredIfMatch(ctx: HttpContext): number[] | null {
  if (ctx.request.headers()['if-match'] === undefined) {
    throw new Problem(
      'if_match_required',
      'If-Match is missing. Send the ETag of the version that you last read, such as "3", or * to overwrite any version.'
    )
  }
  return ifMatch(ctx)
}
