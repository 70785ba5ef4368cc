import db from '@adonisjs/lucid/services/db'
import type Account from '../models/account.ts'
import { createAccount } from '../sign_up.ts'
import { openInvitation } from './invitation.ts'

/**
 * Makes the account of whoever was invited, once.
 *
 * @returns null when the link is not good, or not any more
 * @throws Problem 409 `email_taken` when the address got an account meanwhile
 */
export async function acceptInvitation(token: unknown, password: string): Promise<Account | null> {
  return db.connection('accounts').transaction(async (trx) => {
    const invitation = await openInvitation(token, trx)
    if (!invitation) return null
    const { id, email, name, role } = invitation
    const account = await createAccount({ email, name, password, role }, trx)
    await trx.from('invitations').where('id', id).delete()
    return account
  })
}
