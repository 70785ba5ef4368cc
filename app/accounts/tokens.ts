/*
 * Access tokens. A token is looked up once every few seconds, not for each request, because the look-up
 * costs seven times as much as the rest of the request.
 */
import { createHash } from 'node:crypto'
import { AccessToken } from '@adonisjs/auth/access_tokens'
import { Secret } from '@adonisjs/core/helpers'
import hash from '@adonisjs/core/services/hash'
import db from '@adonisjs/lucid/services/db'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { isUuid } from '#runtime/uuid'
import { withHashPermit } from './password_hashing.ts'
import Account, { TOKEN_PREFIX } from './models/account.ts'
import { reportTokenEnded } from './credential_watcher.ts'

/** How long another process may accept a revoked token. */
const REMEMBERED_MS = 5_000
const MOST_REMEMBERED = 10_000

const remembered = new Map<string, { signIn: Promise<TokenSignIn | null>; until: number }>()

/** An account that is signed in with a token. */
export interface TokenSignIn {
  account: SignedIn
  tokenId: string
}

/** @returns null for a wrong, revoked or expired token */
export async function signInOf(token: string): Promise<TokenSignIn | null> {
  return remember(digestOf(token), async () => {
    // A token without a UUID is not valid, and the database would report a syntax error.
    if (!isUuid(AccessToken.decode(TOKEN_PREFIX, token)?.identifier ?? '')) return null
    const found = await Account.accessTokens.verify(new Secret(token))
    return found && { tokenId: String(found.identifier), expiresAt: found.expiresAt }
  })
}

/** The same by the token's id, for the holder of a ticket that was created with it. */
export async function signInById(tokenId: string): Promise<TokenSignIn | null> {
  return remember(`id ${tokenId}`, async () => {
    const row = await accounts().from('access_tokens').where('id', tokenId).first()
    if (!row || (row.expires_at && row.expires_at <= new Date())) return null
    return { tokenId, expiresAt: row.expires_at }
  })
}

interface FoundToken {
  tokenId: string
  expiresAt: Date | null
}

/** Concurrent requests share one look-up. */
async function remember(key: string, find: () => Promise<FoundToken | null>) {
  const known = remembered.get(key)
  if (known && known.until > Date.now()) return known.signIn

  if (remembered.size >= MOST_REMEMBERED) remembered.clear()
  const entry = {
    signIn: Promise.resolve<TokenSignIn | null>(null),
    until: Date.now() + REMEMBERED_MS,
  }
  entry.signIn = find().then(async (token) => {
    if (token?.expiresAt) entry.until = Math.min(entry.until, token.expiresAt.getTime())
    return token && ownerOf(token.tokenId)
  })
  remembered.set(key, entry)
  const signIn = await entry.signIn.catch((error) => {
    remembered.delete(key)
    throw error
  })
  if (!signIn) remembered.delete(key)
  return signIn
}

async function ownerOf(tokenId: string): Promise<TokenSignIn | null> {
  const row = await accounts()
    .from('accounts')
    .join('access_tokens', 'tokenable_id', 'accounts.id')
    .where('access_tokens.id', tokenId)
    .whereNull('disabled_at')
    .select('accounts.id', 'role', 'email', 'accounts.name')
    .first()
  return row && { tokenId, account: row }
}

function digestOf(token: string) {
  return createHash('sha256').update(token).digest('base64')
}

function accounts() {
  return db.connection('accounts')
}

/**
 * @param days - null: until revoked
 * @param name - for people; no two of an account have the same
 */
export async function issueToken(account: Account, days: number | null, name?: string) {
  const token = await Account.accessTokens.create(account, ['*'], {
    name,
    expiresIn: days === null ? undefined : days * 24 * 60 * 60,
  })
  return { token: token.value!.release(), expiresAt: token.expiresAt?.toISOString() ?? null }
}

export async function revokeToken(token: string) {
  const signIn = await signInOf(token)
  await Account.accessTokens.invalidate(new Secret(token))
  // After it: what was looked up meanwhile must not be remembered either.
  remembered.delete(digestOf(token))
  if (!signIn) return
  remembered.delete(`id ${signIn.tokenId}`)
  reportTokenEnded(signIn.tokenId)
}

/** All of an account, or one of them, at once. @returns how many */
export async function revokeTokens(
  accountId: string,
  tokenId?: string,
  client: QueryClientContract = accounts()
): Promise<number> {
  const query = client.from('access_tokens').where('tokenable_id', accountId)
  if (tokenId) query.where('id', tokenId)
  const revoked: { id: string }[] = await query.delete().returning('id')
  forgetTokens()
  for (const { id } of revoked) reportTokenEnded(id)
  return revoked.length
}

/** After a change of somebody's access: the next request of everybody is looked up. */
export function forgetTokens() {
  remembered.clear()
}

/**
 * @param network - of the client
 * @returns the account, null when e-mail or password are wrong or it is disabled: which of them is not told
 * @throws Problem 429 `too_many_attempts` · 503 `temporarily_unavailable` when the password was not checked
 */
export async function verifyPassword(
  email: string,
  password: string,
  network: string
): Promise<Account | null> {
  const account = await Account.query()
    .whereRaw('lower(email) = ?', [email.toLowerCase()])
    .whereNull('disabled_at')
    .first()
  // Without an account a hash is computed all the same: the time taken must not tell who has one.
  const isRight = await withHashPermit(network, async () =>
    account?.password
      ? hash.verify(account.password, password)
      : hash.make(password).then(() => false)
  )
  return isRight ? account : null
}
