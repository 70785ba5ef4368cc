/*
 * Characters that change how a terminal or a page displays the text around them. Messages of other systems can contain
 * them: an escape sequence rewrites lines of a terminal, and a bidirectional control reverses what follows.
 */
const UNSAFE =
  /(?![\t\n])\p{Cc}|[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu

/**
 * The text with these characters as escapes that JSON has too, such as `\u202e`. Line feeds and tabs stay.
 * In a JSON text they only occur within strings, so it stays the same JSON.
 */
export function visibleText(text: string): string {
  return text.replace(UNSAFE, escaped)
}

function escaped(character: string) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** An escape in a line of JSON, after an even number of backslashes. */
const ESCAPED = /(?<!\\)((?:\\\\)*)\\(u00[01][0-9a-f]|[bfr])/g

/** A log line, whose unsafe characters are escapes for those who decode it, too. */
export function visibleLogLine(json: string): string {
  const line = json.trimEnd().replace(ESCAPED, '$1\\\\$2')
  return `${line.replace(UNSAFE, (character) => `\\${escaped(character)}`)}\n`
}
