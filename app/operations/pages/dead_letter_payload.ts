import type { FullDeadLetter } from '#messaging/recovery/dead_letter_queries'

const MASK = '•••••'

/** A string of a JSON text, and the colon after the name of a member. */
const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g

/**
 * The payload of a dead letter for its page, as it is in the topic: parsing it would round large numbers, and drop
 * members that occur twice.
 *
 * @param options.masked - hides its texts, which may hold personal data; without JSON, all of it
 */
export function payloadText({ value }: FullDeadLetter, { masked }: { masked: boolean }): string {
  if (value === null) return 'none'
  if (!masked) return value
  if (!isJson(value)) return MASK
  return value.replace(STRING, (whole, colon) => (colon === undefined ? `"${MASK}"` : whole))
}

function isJson(text: string) {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
