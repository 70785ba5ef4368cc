/*
 * The characters allowed in text input: bodies, forms, queries, files and commands. Passwords,
 * Idempotency-Keys, message keys and cursors are used unchanged.
 */

/** Control characters, as the content of a character class. PostgreSQL cannot hold NUL in text. */
export const CONTROL = String.raw`\u0000-\u001f\u007f-\u009f`

/**
 * Rejected characters, as the content of a character class: the zero width space, which makes different texts
 * look the same, and bidirectional controls. ZWNJ and ZWJ are allowed, because Persian and emoji need them.
 */
export const INVISIBLE = String.raw`\u200b\u202a-\u202e\u2066-\u2069`

/** Invisible characters, as the content of a character class. Text with only these is blank. */
export const UNSEEN = String.raw`\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0`

const invisible = new RegExp(`[${INVISIBLE}]`)
const unseen = new RegExp(`[${UNSEEN}]`)

/** Normalizes to NFC, so that a decomposed "ü" from macOS equals a composed one. */
export function composed(text: string): string {
  return text.normalize('NFC')
}

/** Trims invisible characters, such as no-break spaces, BOMs and zero width spaces. */
export function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && unseen.test(text[start])) start++
  while (end > start && unseen.test(text[end - 1])) end--
  return text.slice(start, end)
}

/** Whether the text has no visible character. */
export function isBlank(text: string): boolean {
  return trimmed(text) === ''
}

/** `detail` ends a sentence ("must not contain …"), `code` is for programs. */
export interface CharacterFault {
  code: 'printable' | 'invisible'
  detail: string
}

/**
 * Validates a single-line text.
 *
 * @returns null for a valid text
 */
export function faultOf(text: string): CharacterFault | null {
  if (/[\p{Cc}\p{Cs}]/u.test(text)) {
    return { code: 'printable', detail: 'must not contain control characters' }
  }
  return invisibleFault(invisible.exec(text)?.[0])
}

/** The same for an e-mail address, in which any invisible character makes two addresses look the same. */
export function addressFaultOf(text: string): CharacterFault | null {
  return faultOf(text) ?? invisibleFault(unseen.exec(text)?.[0])
}

function invisibleFault(found: string | undefined): CharacterFault | null {
  if (!found) return null
  const name = `U+${found.codePointAt(0)!.toString(16).toUpperCase()}`
  return { code: 'invisible', detail: `must not contain the invisible character ${name}` }
}
