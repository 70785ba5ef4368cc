/*
 * Watches tokens and sessions on behalf of long-lived responses such as streams, which must end when their
 * credential does. All are looked up together, every few seconds.
 */
import { accounts } from '../database.ts'
import { SESSION_LASTS } from './session_lasts.ts'

const POLL_MS = 5_000

type Watched = Map<string, Set<() => void>>

const tokens: Watched = new Map()
const sessions: Watched = new Map()
let polling: NodeJS.Timeout | null = null

/** Calls back once, when the token expires or is revoked. @returns a function that stops watching */
export function watchToken(tokenId: string, listener: () => void): () => void {
  return watch(tokens, tokenId, listener)
}

/** The same for a session. */
export function watchSession(sessionId: string, listener: () => void): () => void {
  return watch(sessions, sessionId, listener)
}

function watch(watched: Watched, id: string, listener: () => void) {
  const listeners = watched.get(id) ?? new Set()
  watched.set(id, listeners.add(listener))
  polling ??= setInterval(() => void reportEnded().catch(() => {}), POLL_MS).unref()
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) watched.delete(id)
  }
}

/** Notifies watchers of a revoked token immediately. */
export function reportTokenEnded(tokenId: string) {
  end(tokens, tokenId)
}

/** Notifies watchers of an ended session immediately. */
export function reportSessionEnded(sessionId: string) {
  end(sessions, sessionId)
}

function end(watched: Watched, id: string) {
  const listeners = watched.get(id)
  watched.delete(id)
  for (const listener of listeners ?? []) listener()
}

/** Notifies watchers of expired and deleted credentials. */
export async function reportEnded() {
  if (tokens.size + sessions.size === 0) return
  const { rows } = await accounts().rawQuery<{
    rows: { id: string; kind: 'token' | 'session' }[]
  }>(
    `select id::text, 'token' as kind from unnest(?::uuid[]) as id
     where not exists (select from access_tokens
                       where access_tokens.id = id.id and (expires_at is null or expires_at > now()))
     union all
     select id, 'session' from unnest(?::text[]) as id
     where not exists (select from sessions where sessions.id = id.id and ${SESSION_LASTS})`,
    [[...tokens.keys()], [...sessions.keys()]]
  )
  for (const { id, kind } of rows) end(kind === 'token' ? tokens : sessions, id)
}
