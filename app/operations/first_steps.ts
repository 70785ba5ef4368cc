import { join } from 'node:path'
import { dataDir, publicUrl } from '#config/app'

/** The first run stores its administrator here: e-mail, password and token. */
export const administratorFile = join(dataDir, 'administrator.json')

/**
 * Two shell commands: one places an order, the other reads the newest. They read the token from the file, so that it
 * is not shown, and use a new idempotency key each time.
 */
export function firstOrderCommands(): string[] {
  const token = `$(sed -n 's/.*"token": "\\(.*\\)".*/\\1/p' ${quoted(administratorFile)})`
  const key = `$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')`
  return [
    `curl -s ${publicUrl}/api/v1/orders -H "Authorization: Bearer ${token}" -H "Idempotency-Key: ${key}" -H 'Content-Type: application/json' -d '{"lines":[{"sku":"MUG-RED","quantity":2},{"sku":"TEA-GREEN","quantity":1}]}'`,
    `curl -s '${publicUrl}/api/v1/orders?limit=1' -H "Authorization: Bearer ${token}"`,
  ]
}

/** Quotes a text as one word of a shell command. */
function quoted(text: string) {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
