/*
 * Access tokens. A token is looked up once in a few seconds, not at each request: the look-up costs
 * seven times as much as the request without it.
 */
import { createHash } from 'node:crypto'
import { Secret } from '@adonisjs/core/helpers'
import hash from '@adonisjs/core/services/hash'
import type { SignedIn } from '#contracts/actor'
import Account from './models/account.ts'

/** Another process takes up to this long to hear of a revoked token. */
const REMEMBERED_MS = 5_000
const MOST_REMEMBERED = 10_000

const remembered = new Map<string, { account: Promise<SignedIn | null>; until: number }>()

/** @returns the account, null for a wrong, revoked or expired token */
export async function accountOf(token: string): Promise<SignedIn | null> {
  const digest = digestOf(token)
  const known = remembered.get(digest)
  if (known && known.until > Date.now()) return known.account

  // Requests that come together share one look-up.
  if (remembered.size >= MOST_REMEMBERED) remembered.clear()
  const entry = {
    account: Promise.resolve<SignedIn | null>(null),
    until: Date.now() + REMEMBERED_MS,
  }
  entry.account = lookUp(token, (expiresAt) => (entry.until = Math.min(entry.until, expiresAt)))
  remembered.set(digest, entry)
  const account = await entry.account.catch((error) => {
    remembered.delete(digest)
    throw error
  })
  if (!account) remembered.delete(digest)
  return account
}

async function lookUp(token: string, expires: (at: number) => void): Promise<SignedIn | null> {
  const found = await Account.accessTokens.verify(new Secret(token))
  if (found?.expiresAt) expires(found.expiresAt.getTime())
  const account = found && (await Account.find(found.tokenableId))
  if (!account) return null
  const { id, role, email, name } = account
  return { id, role, email, name }
}

function digestOf(token: string) {
  return createHash('sha256').update(token).digest('base64')
}

/** @param days - null: until revoked */
export async function issueToken(account: Account, days: number | null) {
  const token = await Account.accessTokens.create(account, ['*'], {
    expiresIn: days === null ? undefined : days * 24 * 60 * 60,
  })
  return { token: token.value!.release(), expiresAt: token.expiresAt?.toISOString() ?? null }
}

export async function revokeToken(token: string) {
  remembered.delete(digestOf(token))
  await Account.accessTokens.invalidate(new Secret(token))
}

/** @returns the account, null when e-mail or password are wrong: which of them is not told */
export async function verifyPassword(email: string, password: string): Promise<Account | null> {
  const account = await Account.query().whereRaw('lower(email) = ?', [email.toLowerCase()]).first()
  // Without an account a hash is computed all the same: the time taken must not tell who has one.
  if (!account?.password) {
    await hash.make(password)
    return null
  }
  return (await hash.verify(account.password, password)) ? account : null
}
