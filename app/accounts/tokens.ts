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

const remembered = new Map<string, { account: SignedIn; until: number }>()

/** @returns the account, null for a wrong, revoked or expired token */
export async function accountOf(token: string): Promise<SignedIn | null> {
  const digest = createHash('sha256').update(token).digest('base64')
  const known = remembered.get(digest)
  if (known && known.until > Date.now()) return known.account

  remembered.delete(digest)
  const found = await Account.accessTokens.verify(new Secret(token))
  const account = found && (await Account.find(found.tokenableId))
  if (!account) return null
  const { id, role, email, name } = account
  if (remembered.size >= MOST_REMEMBERED) remembered.clear()
  const until = Math.min(Date.now() + REMEMBERED_MS, found.expiresAt?.getTime() ?? Infinity)
  remembered.set(digest, { account: { id, role, email, name }, until })
  return { id, role, email, name }
}

/** @param days - null: until revoked */
export async function issueToken(account: Account, days: number | null) {
  const token = await Account.accessTokens.create(account, ['*'], {
    expiresIn: days === null ? undefined : days * 24 * 60 * 60,
  })
  return { token: token.value!.release(), expiresAt: token.expiresAt?.toISOString() ?? null }
}

export async function revokeToken(token: string) {
  remembered.delete(createHash('sha256').update(token).digest('base64'))
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
