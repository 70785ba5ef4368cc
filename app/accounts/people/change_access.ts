import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { notFound, Problem } from '#http/problem'
import { accounts } from '../database.ts'
import Account from '../models/account.ts'

/**
 * Changes the access of a staff member or a service. At that moment `by` is an administrator, and stays
 * one, so there is always an administrator.
 *
 * @throws Problem 404 `not_found`, also when `by` is no longer an administrator · 409 `own_access`
 */
export async function changeAccess(
  id: string,
  by: SignedIn,
  change: (person: Account, trx: TransactionClientContract) => Promise<void> | void
): Promise<Account> {
  return accounts().transaction(async (trx) => {
    const administrators = await lockAdministrators(trx)
    if (!administrators.includes(by.id)) throw notFound('page')
    if (id === by.id) throw ownAccess(administrators.length)
    const person = await findStaff(id, trx)
    await change(person, trx)
    return person.save()
  })
}

/** The locks serialize two administrators who disable each other. */
async function lockAdministrators(trx: TransactionClientContract): Promise<string[]> {
  const rows: { id: string }[] = await trx
    .from('accounts')
    .where('role', 'admin')
    .whereNull('disabled_at')
    .orderBy('id')
    .forUpdate()
    .select('id')
  return rows.map(({ id }) => id)
}

async function findStaff(id: string, trx: TransactionClientContract) {
  const person = await Account.query({ client: trx }).where('id', id).forUpdate().first()
  if (!person || person.role === 'customer') throw notFound('person')
  return person
}

function ownAccess(administrators: number) {
  return new Problem(
    'own_access',
    administrators === 1
      ? 'You are the only administrator. Make another account an administrator first, and ask them to do this.'
      : 'You cannot remove your own access. Ask another administrator to do it.'
  )
}
