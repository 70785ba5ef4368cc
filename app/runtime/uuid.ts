/** Matches a UUID in lower case, as a part of a larger pattern. */
export const UUID_PATTERN = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'

const uuid = new RegExp(`^${UUID_PATTERN}$`, 'i')

/** Whether the text is a UUID, in upper or lower case. */
export function isUuid(text: string): boolean {
  return uuid.test(text)
}
