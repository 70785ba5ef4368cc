import hash from '@adonisjs/core/services/hash'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import type { Role } from '#contracts/actor'
import { Problem } from '#http/problem'
import Account from '../models/account.ts'

export interface NewAccount {
  /** Null for a service only. */
  email: string | null
  name: string
  /** Null for a service only. */
  password: string | null
  role: Role
}

type HashedAccount = Omit<NewAccount, 'password'> & { passwordHash: string | null }

/**
 * For commands and the demo. Passwords from clients are hashed with a permit instead.
 *
 * @throws Problem 409 `email_taken`
 */
export async function createAccount({ password, ...person }: NewAccount): Promise<Account> {
  return insertAccount({
    ...person,
    passwordHash: password === null ? null : await hash.make(password),
  })
}

/** @throws Problem 409 `email_taken` */
export async function insertAccount(
  { email, name, passwordHash, role }: HashedAccount,
  client?: TransactionClientContract
): Promise<Account> {
  try {
    return await Account.create(
      { id: uuidv7(), email: email?.toLowerCase() ?? null, name, password: passwordHash, role },
      { client }
    )
  } catch (error) {
    if ((error as { constraint?: string }).constraint !== 'accounts_email') throw error
    throw new Problem(
      'email_taken',
      'An account with this e-mail address already exists. Sign in instead.'
    )
  }
}
