import { hash } from 'node:crypto'
import type { HttpContext } from '@adonisjs/core/http'
import { Problem } from '../problem.ts'

/** One entity tag of a list: `"3"` or `W/"3"`. */
const TAGS = /\s*(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)/y
/** `3`, `3.<hash>` or `<hash>`, and `3-gzip`, `3--gzip` or `3;br`, as proxies that compress rewrite them. */
const OURS = /^(\d{1,9}|(?:\d{1,9}\.)?[\da-f]{16})(?:(?:--?|;)[a-z\d]+)?$/

/**
 * The ETag of a version, for If-Match.
 *
 * @param body - for a resource whose representation changes without its version, as stock does: its hash is in the tag
 */
export function entityTag(version: number, body?: object) {
  return body ? `"${version}.${hashOf(JSON.stringify(body))}"` : `"${version}"`
}

/** The ETag of a resource without a version. */
export function contentTag(content: object | string) {
  return `"${hashOf(typeof content === 'string' ? content : JSON.stringify(content))}"`
}

function hashOf(text: string) {
  return hash('sha256', text).slice(0, 16)
}

/** Responds to a GET of one resource: 304 without a body if the caller has it already (If-None-Match). */
export function sendResource(ctx: HttpContext, tag: string, body: unknown) {
  const { response } = ctx
  response.header('ETag', tag)
  return alreadyHas(ctx, tag) ? response.status(304).send(null) : response.send(body)
}

/** Whether If-None-Match names this ETag. */
export function alreadyHas({ request }: HttpContext, tag: string): boolean {
  const header = request.header('if-none-match')
  if (header === undefined) return false
  return header.trim() === '*' || ourTags(header).includes(tag.slice(1, -1))
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

/** The tags of this server in a list, without quotation marks and suffixes; none if it is not such a list. */
function ourTags(header: string): string[] {
  const tags: string[] = []
  TAGS.lastIndex = 0
  while (TAGS.lastIndex < header.length) {
    const tag = TAGS.exec(header)
    if (!tag) return []
    tags.push(tag[1])
  }
  return tags.flatMap((tag) => OURS.exec(tag)?.[1] ?? [])
}

/** The versions in a list of entity tags; a tag without one is left out. */
function versionsIn(header: string): number[] {
  return ourTags(header)
    .flatMap((tag) => /^\d{1,9}(?=\.|$)/.exec(tag)?.[0] ?? [])
    .map(Number)
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
