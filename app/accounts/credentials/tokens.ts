/*
 * Access tokens. A token is looked up once every few seconds, not for each request, because the look-up
 * costs seven times as much as the rest of the request.
 */
import { hash } from 'node:crypto'
import { AccessToken } from '@adonisjs/auth/access_tokens'
import { Secret } from '@adonisjs/core/helpers'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { isUuid } from '#runtime/uuid'
import { accounts } from '../database.ts'
import Account, { TOKEN_PREFIX } from '../models/account.ts'
import { reportTokenEnded } from './credential_watcher.ts'

/** How long other processes may accept a revoked token. */
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

/** By the id of the token, for a ticket that was created with it. */
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
  return hash('sha256', token, 'base64')
}

/**
 * @param days - null for a token that does not expire
 * @param name - for display; unique per account
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
  // Afterwards, because a concurrent look-up may have remembered the token again.
  remembered.delete(digestOf(token))
  if (!signIn) return
  remembered.delete(`id ${signIn.tokenId}`)
  reportTokenEnded(signIn.tokenId)
}

/** Revokes one token or all tokens of an account. @returns the number of tokens */
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

/** Looks up all tokens again, after the access of an account has changed. */
export function forgetTokens() {
  remembered.clear()
}
