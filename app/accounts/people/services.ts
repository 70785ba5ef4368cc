import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound, unprocessable } from '#http/problem'
import Account from '../models/account.ts'
import { createAccount } from '../sign_up.ts'
import { issueToken } from '../tokens.ts'

/** A program that places orders and reads stock; it signs in with tokens alone. */
export async function addService(trx: TransactionClientContract, name: string): Promise<Account> {
  return createAccount({ email: null, name, password: null, role: 'service' }, trx)
}

/**
 * @returns the token, which nobody can read later
 * @throws Problem 404 `not_found` for what is no service, or a disabled one · 422 `invalid_fields` when it has
 *   a token of this name
 */
export async function addServiceToken(id: string, name: string): Promise<string> {
  const service = await Account.query()
    .where({ id, role: 'service' })
    .whereNull('disabled_at')
    .first()
  if (!service) throw notFound('service')
  try {
    const { token } = await issueToken(service, null, name)
    return token
  } catch (error) {
    if ((error as { constraint?: string }).constraint !== 'access_tokens_name') throw error
    const detail = `${service.name} has a token “${name}” already. If nobody kept it, revoke it first.`
    throw unprocessable('invalid_fields', detail, [{ pointer: '/name', code: 'unique', detail }])
  }
}

/** As people see it: who holds it is not known, only what it was called. */
export interface ShownToken {
  id: string
  name: string | null
  createdAt: Date
  lastUsedAt: Date | null
  expiresAt: Date | null
}

/** The newest first, up to 100. */
export async function tokensOf(accountId: string): Promise<ShownToken[]> {
  return db
    .connection('accounts')
    .from('access_tokens')
    .where('tokenable_id', accountId)
    .whereRaw('(expires_at is null or expires_at > now())')
    .orderBy('created_at', 'desc')
    .limit(100)
    .select('id', 'name')
    .select({ createdAt: 'created_at', lastUsedAt: 'last_used_at', expiresAt: 'expires_at' })
}
