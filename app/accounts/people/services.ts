import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound, unprocessable } from '#http/problem'
import { accounts } from '../database.ts'
import Account from '../models/account.ts'
import { insertAccount } from '../sign_in/sign_up.ts'
import { issueToken } from '../credentials/tokens.ts'

/** A service is a program that places orders and reads stock. It signs in with tokens only. */
export async function addService(trx: TransactionClientContract, name: string): Promise<Account> {
  return insertAccount({ email: null, name, passwordHash: null, role: 'service' }, trx)
}

/**
 * @returns the token, which cannot be read later
 * @throws Problem 404 `not_found` for a disabled service or another account · 422 `invalid_fields` when it has
 *   a token of this name
 */
export async function addServiceToken(id: string, name: string): Promise<string> {
  const service = await Account.query()
    .where({ id, role: 'service' })
    .whereNull('disabled_at')
    .first()
  if (!service) throw notFound('service')
  const tokenOfName = { tokenable_id: id, name }
  if (await accounts().from('access_tokens').where(tokenOfName).first())
    throw nameTaken(service, name)
  try {
    const { token } = await issueToken(service, null, name)
    return token
  } catch (error) {
    if ((error as { constraint?: string }).constraint !== 'access_tokens_name') throw error
    throw nameTaken(service, name)
  }
}

function nameTaken(service: Account, name: string) {
  const detail = `${service.name} already has a token “${name}”. Choose another name, or revoke that token first.`
  return unprocessable('invalid_fields', detail, [{ pointer: '/name', code: 'unique', detail }])
}

/** A token as the pages show it. Its value is not stored. */
export interface ShownToken {
  id: string
  name: string | null
  createdAt: Date
  lastUsedAt: Date | null
  expiresAt: Date | null
}

/** The newest first, up to 100. */
export async function tokensOf(accountId: string): Promise<ShownToken[]> {
  return accounts()
    .from('access_tokens')
    .where('tokenable_id', accountId)
    .whereRaw('(expires_at is null or expires_at > now())')
    .orderBy('created_at', 'desc')
    .limit(100)
    .select('id', 'name')
    .select({ createdAt: 'created_at', lastUsedAt: 'last_used_at', expiresAt: 'expires_at' })
}
