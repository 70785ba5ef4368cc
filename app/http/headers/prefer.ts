import type { HttpContext } from '@adonisjs/core/http'

const MOST_SECONDS = 10

/**
 * Seconds that the caller prefers to wait for a final response, from `Prefer: wait=N` (RFC 7240): 1 to 10,
 * larger values are capped. Null without the header, and for an invalid one, which RFC 7240 ignores.
 */
export function preferredWait({ request }: HttpContext): number | null {
  const preferences = (request.header('prefer') ?? '').split(/[,;]/)
  const wait = preferences
    .map((one) => /^\s*wait\s*=\s*"?(\d{1,9})"?\s*$/i.exec(one)?.[1])
    .find(Boolean)
  return wait && Number(wait) >= 1 ? Math.min(Number(wait), MOST_SECONDS) : null
}

/** Confirms that the preference was applied. */
export function preferenceApplied({ response }: HttpContext, seconds: number) {
  response.header('Preference-Applied', `wait=${seconds}`)
}
