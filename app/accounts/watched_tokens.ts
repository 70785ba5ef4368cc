/*
 * Tokens that something open depends on, such as a stream: it must end with its token. All are looked
 * up together, every few seconds.
 */
import db from '@adonisjs/lucid/services/db'

const LOOK_MS = 5_000

const watched = new Map<string, Set<() => void>>()
let looking: NodeJS.Timeout | null = null

/** Calls back once, when the token is expired or gone. Returns how to stop watching. */
export function watchToken(tokenId: string, listener: () => void): () => void {
  const listeners = watched.get(tokenId) ?? new Set()
  watched.set(tokenId, listeners.add(listener))
  looking ??= setInterval(() => void endThoseThatEnded().catch(() => {}), LOOK_MS).unref()
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) watched.delete(tokenId)
  }
}

/** Says so at once. */
export function tokenHasEnded(tokenId: string) {
  const listeners = watched.get(tokenId)
  watched.delete(tokenId)
  for (const listener of listeners ?? []) listener()
}

/** A database that is away ends nothing: the next look is some seconds away. */
export async function endThoseThatEnded() {
  if (watched.size === 0) return
  const { rows } = await db.connection('accounts').rawQuery<{ rows: { id: string }[] }>(
    `select id from unnest(?::uuid[]) as id
     where not exists (select from access_tokens
                       where access_tokens.id = id.id and (expires_at is null or expires_at > now()))`,
    [[...watched.keys()]]
  )
  for (const { id } of rows) tokenHasEnded(id)
}
