import hash from '@adonisjs/core/services/hash'
import { accounts } from '../database.ts'
import { withHashPermit } from '../sign_in/password_hashing.ts'
import type Account from '../models/account.ts'
import { insertAccount } from '../sign_in/sign_up.ts'
import { openInvitation } from './invitation.ts'

/**
 * Creates the account of an invited person, once.
 *
 * @param network - of the client
 * @returns null when the link is not valid
 * @throws Problem 409 `email_taken` when the address has an account by now · 429 `too_many_attempts` or
 *   503 `temporarily_unavailable` when the password was not hashed
 */
export async function acceptInvitation(
  token: unknown,
  password: string,
  network: string
): Promise<Account | null> {
  if (!(await openInvitation(token))) return null
  // Before the transaction, because a request that waits for a permit must not hold a connection.
  const passwordHash = await withHashPermit(network, () => hash.make(password))
  return accounts().transaction(async (trx) => {
    const invitation = await openInvitation(token, trx)
    if (!invitation) return null
    const { id, email, name, role } = invitation
    const account = await insertAccount({ email, name, passwordHash, role }, trx)
    await trx.from('invitations').where('id', id).delete()
    return account
  })
}
