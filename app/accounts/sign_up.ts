import hash from '@adonisjs/core/services/hash'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import type { Role } from '#contracts/actor'
import { Problem } from '#http/problem'
import Account from './models/account.ts'

export interface NewAccount {
  /** Null for a service only. */
  email: string | null
  name: string
  /** Null for a service only. */
  password: string | null
  role: Role
}

/** @throws Problem 409 `email_taken` */
export async function createAccount(
  { email, name, password, role }: NewAccount,
  client?: TransactionClientContract
): Promise<Account> {
  try {
    const hashed = password === null ? null : await hash.make(password)
    return await Account.create(
      { id: uuidv7(), email: email?.toLowerCase() ?? null, name, password: hashed, role },
      { client }
    )
  } catch (error) {
    if ((error as { constraint?: string }).constraint !== 'accounts_email') throw error
    throw new Problem(409, 'email_taken', 'There is an account with this e-mail. Log in instead.')
  }
}
