/*
 * Sessions of the admin pages, in the table of the session store. Only `user_id` makes a session valid: a
 * request in progress while its session ends writes the row again, without `user_id`.
 */
import { createHash } from 'node:crypto'
import type { HttpContext } from '@adonisjs/core/http'
import { MessageBuilder } from '@adonisjs/core/helpers'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { SESSION_HOURS } from '#config/session'
import type { SignedIn } from '#contracts/actor'
import { deleteInBatches } from '#postgres/delete_in_batches'
import { run } from '#postgres/run'
import { accounts } from '../database.ts'
import { browserOf } from './browser_name.ts'
import type Account from '../models/account.ts'
import { SESSION_LASTS } from './session_lasts.ts'
import { reportSessionEnded } from './credential_watcher.ts'

const findAccount = {
  name: 'account_of_session',
  text: /* sql */ `
    select accounts.id, role, email, name, time_zone as "timeZone"
    from sessions join accounts on accounts.id = sessions.user_id::uuid
    where sessions.id = $1 and ${SESSION_LASTS}
      and disabled_at is null and role in ('clerk', 'operator', 'admin')`,
}

/** The staff member who signed in with this session; null when it has ended or the account is disabled. */
export async function accountOfSession(sessionId: string): Promise<SignedIn | null> {
  const [account] = await run<SignedIn & Record<string, unknown>>(accounts(), findAccount, [
    sessionId,
  ])
  return account ?? null
}

/** Signs in to the admin pages, with a new session id to prevent session fixation. */
export async function beginSession({ auth, request, session }: HttpContext, account: Account) {
  session.clear()
  await auth.use('web').login(account)
  session.put('signedIn', {
    at: new Date().toISOString(),
    address: request.ip(),
    agent: request.header('user-agent') ?? '',
  })
  await session.tag(account.id)
}

/** A session as the pages show it. */
export interface ShownSession {
  /** Identifies the session without revealing its id. */
  handle: string
  /** Browser and operating system, such as "Firefox on Windows". */
  browser: string
  address: string
  since: string
  lastSeen: Date
  current: boolean
}

/** Most recently used first, up to 100. @param current - id of the session of this request */
export async function sessionsOf(accountId: string, current?: string): Promise<ShownSession[]> {
  const rows: { id: string; data: string; expires_at: Date }[] = await accounts()
    .from('sessions')
    .where('user_id', accountId)
    .whereRaw(SESSION_LASTS)
    .orderBy('expires_at', 'desc')
    .limit(100)
  return rows.map(({ id, data, expires_at: expiresAt }) => {
    const { signedIn } = new MessageBuilder().verify<StoredData>(data, id) ?? {}
    return {
      handle: handleOf(id),
      browser: browserOf(signedIn?.agent ?? ''),
      address: signedIn?.address ?? '',
      since: signedIn?.at ?? '',
      lastSeen: new Date(expiresAt.getTime() - SESSION_HOURS * 60 * 60 * 1_000),
      current: id === current,
    }
  })
}

interface StoredData {
  signedIn?: { at: string; address: string; agent: string }
}

/** Ends sessions. Their streams in other processes end within seconds. @returns the number of sessions */
export async function endSessions(
  accountId: string,
  which: { handle?: string; exceptId?: string } = {},
  client: QueryClientContract = accounts()
): Promise<number> {
  const rows: { id: string }[] = await client
    .from('sessions')
    .where('user_id', accountId)
    .select('id')
  const ids = rows
    .map(({ id }) => id)
    .filter((id) => id !== which.exceptId && (!which.handle || handleOf(id) === which.handle))
  await client.from('sessions').whereIn('id', ids).delete()
  for (const id of ids) reportSessionEnded(id)
  return ids.length
}

/** A digest, because pages must not reveal the id, which is the secret in the cookie. */
function handleOf(sessionId: string) {
  return createHash('sha256').update(sessionId).digest('base64url').slice(0, 16)
}

/** Deletes expired sessions. The store itself deletes some only when people sign in. */
export async function forgetSessions(client: QueryClientContract) {
  return deleteInBatches(
    client,
    `delete from sessions where id = any (array(
       select id from sessions where expires_at < now()
       order by expires_at limit :most for update skip locked))`,
    {}
  )
}
