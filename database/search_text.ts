/*
 * The text that searches compare, without case, accents and kinds of spaces. It uses PostgreSQL's own functions,
 * because the `unaccent` extension is not on every server and is not immutable. Migrations run these statements:
 * replace them by new ones instead of changing them.
 */

/** Combining accents after compatibility decomposition (NFKD), and invisible characters. */
const LEFT_OUT = [
  ...Array.from({ length: 0x29 }, (_, n) => 0x300 + n),
  ...[0x32d, 0x32e, 0x330, 0x331, 0x335, 0x338, 0x342, 0x345],
  ...[0xad, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff],
]

/** Letters that NFKD does not decompose (ø ł đ ı), and the hyphen that it produces. */
const REPLACED = [0xf8, 0x142, 0x111, 0x131, 0x2010]

const literal = (codes: number[]) =>
  codes.map((code) => `\\${code.toString(16).padStart(4, '0')}`).join('')

/**
 * Creates `search_text(text)` in the module's schema, for its role. NFKD unifies all kinds of spaces. ASCII text skips
 * the normalization. The function is not STRICT, so that PostgreSQL can inline it.
 */
export function createSearchText(role: string) {
  return /* sql */ `
    create function search_text(text) returns text
      language sql immutable parallel safe
      as $function$
        select case when octet_length($1) = char_length($1) then lower($1)
          else replace(
            translate(lower(normalize($1, NFKD)), U&'${literal([...REPLACED, ...LEFT_OUT])}', 'oldi-'),
            U&'\\00DF', 'ss') end
      $function$;
    grant execute on function search_text(text) to ${role};
  `
}

export const dropSearchText = 'drop function search_text(text);'
