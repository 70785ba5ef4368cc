import { INVISIBLE } from '#http/characters'

const unprintable = new RegExp(`[${INVISIBLE}\\p{Cc}\\p{Cs}]`, 'gu')

/**
 * Replaces control and invisible characters of a text that an error quotes, and half surrogate pairs,
 * which truncation leaves and jsonb rejects.
 */
export function printable(text: string): string {
  return text.replace(unprintable, '\uFFFD')
}
