import type { FullDeadLetter } from '#messaging/recovery/dead_letter_queries'

const MASK = '•••••'

/**
 * The payload of a dead letter for its page, formatted if it is JSON.
 *
 * @param options.masked - hides its texts, which may hold personal data; without JSON, all of it
 */
export function payloadText({ value }: FullDeadLetter, { masked }: { masked: boolean }): string {
  if (value === null) return 'none'
  const mask = (_: string, one: unknown) => (typeof one === 'string' ? MASK : one)
  try {
    return JSON.stringify(JSON.parse(value), masked ? mask : undefined, 2)
  } catch {
    return masked ? MASK : value
  }
}
