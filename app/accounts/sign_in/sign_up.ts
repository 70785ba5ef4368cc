import hash from '@adonisjs/core/services/hash'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { uuidv7 } from 'uuidv7'
import type { Role } from '#contracts/actor'
import { Problem } from '#http/problem'
import { run } from '#postgres/run'
import { accounts } from '../database.ts'
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

// A conflict is no error of the statement: PostgreSQL would log it with the address.
const insert = {
  name: 'accounts_insert',
  text: /* sql */ `
    insert into accounts (id, email, name, password, role) values ($1, $2, $3, $4, $5)
    on conflict do nothing returning id`,
}

/** @throws Problem 409 `email_taken` */
export async function insertAccount(
  { email, name, passwordHash, role }: HashedAccount,
  client: QueryClientContract = accounts()
): Promise<Account> {
  const id = uuidv7()
  const address = email?.toLowerCase() ?? null
  const inserted = await run(client, insert, [id, address, name, passwordHash, role])
  if (inserted.length > 0) return Account.findOrFail(id, { client })
  throw new Problem(
    'email_taken',
    'An account with this e-mail address already exists. Sign in instead.'
  )
}
