/** A UUID in lower case, for a pattern that holds more than that. */
export const UUID_PATTERN = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'

const uuid = new RegExp(`^${UUID_PATTERN}$`, 'i')

/** Whether the text has the form of a UUID, in either case. */
export function isUuid(text: string): boolean {
  return uuid.test(text)
}
