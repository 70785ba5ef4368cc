import { join } from 'node:path'
import { dataDir, publicUrl } from '#config/app'

/** Where the first run keeps the administrator that it made. */
export const administratorFile = join(dataDir, 'administrator.json')

/**
 * Two commands for a shell: one places an order, one reads the newest. They take the token from the
 * file, so that no secret is on the screen, and make a new key each time.
 */
export function firstOrderCommands(): string[] {
  const token = `$(sed -n 's/.*"token": "\\(.*\\)".*/\\1/p' ${quoted(administratorFile)})`
  const key = `$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')`
  return [
    `curl -s ${publicUrl}/api/v1/orders -H "Authorization: Bearer ${token}" -H "Idempotency-Key: ${key}" -H 'Content-Type: application/json' -d '{"lines":[{"sku":"MUG-RED","quantity":2},{"sku":"TEA-GREEN","quantity":1}]}'`,
    `curl -s '${publicUrl}/api/v1/orders?limit=1' -H "Authorization: Bearer ${token}"`,
  ]
}

/** One word for a shell, whatever is in it. */
function quoted(text: string) {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
