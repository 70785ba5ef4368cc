/*
 * The payload of a dead letter on its page. Texts may hold personal data, so they are hidden until shown on request.
 */
import type { FullDeadLetter } from '#messaging/recovery/dead_letter_queries'

const HIDDEN = '•••••'

/** The payload with its texts hidden; a payload that is not JSON is hidden completely. */
export function masked({ value }: Pick<FullDeadLetter, 'value'>): string {
  if (value === null) return 'none'
  try {
    return JSON.stringify(
      JSON.parse(value),
      (_, one) => (typeof one === 'string' ? HIDDEN : one),
      2
    )
  } catch {
    return HIDDEN
  }
}

/** The payload as it is, formatted if it is JSON. */
export function unmasked({ value }: Pick<FullDeadLetter, 'value'>): string {
  if (value === null) return 'none'
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}
