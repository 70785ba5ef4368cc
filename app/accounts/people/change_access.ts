import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { SignedIn } from '#contracts/actor'
import { notFound, Problem } from '#http/problem'
import Account from '../models/account.ts'

/**
 * Changes what somebody of the staff, or a service, may do. Whoever does it is an administrator at that
 * moment and leaves one, themselves: so there is always one.
 *
 * @throws Problem 404 `not_found` also when `by` is no administrator any more · 409 `own_access`
 */
export async function changeAccess(
  id: string,
  by: SignedIn,
  change: (person: Account, trx: TransactionClientContract) => Promise<void> | void
): Promise<Account> {
  return db.connection('accounts').transaction(async (trx) => {
    const administrators = await lockAdministrators(trx)
    if (!administrators.includes(by.id)) throw notFound('page')
    if (id === by.id) throw ownAccess(administrators.length)
    const person = await findStaff(id, trx)
    await change(person, trx)
    return person.save()
  })
}

/** Two who would take it from each other come one after the other, in the order of these locks. */
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
    409,
    'own_access',
    administrators === 1
      ? 'You are the only administrator: without you nobody could manage people. Make somebody else an administrator first, and let them do it.'
      : 'Nobody takes the access from themselves by mistake: another administrator can do it.'
  )
}
