import type { HttpContext } from '@adonisjs/core/http'

const MOST_SECONDS = 10

/**
 * Seconds that the caller would rather wait for a finished answer, from `Prefer: wait=N` (RFC 7240): 1 to
 * 10, more is taken for 10. Null without one, and for what cannot be read: preferences are no demands.
 */
export function preferredWait({ request }: HttpContext): number | null {
  const preferences = (request.header('prefer') ?? '').split(/[,;]/)
  const wait = preferences
    .map((one) => /^\s*wait\s*=\s*"?(\d{1,9})"?\s*$/i.exec(one)?.[1])
    .find(Boolean)
  return wait && Number(wait) >= 1 ? Math.min(Number(wait), MOST_SECONDS) : null
}

/** Says that the caller has been waited for. */
export function preferenceApplied({ response }: HttpContext, seconds: number) {
  response.header('Preference-Applied', `wait=${seconds}`)
}
