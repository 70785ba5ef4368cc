import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DateTime } from 'luxon'
import { uuidv7 } from 'uuidv7'
import { notFound, Problem } from '#http/problem'
import { mailQueue } from '#mail/queue'
import { currentTrace } from '#runtime/trace_context'
import type { StaffRole } from './change_role.ts'
import { INVITATION_DAYS, type Invitation } from './invitation.ts'

export interface Invited {
  email: string
  name: string
  role: StaffRole
}

/** Commits together with its mail. @throws Problem 409 `email_taken` */
export async function invite(
  trx: TransactionClientContract,
  { email, name, role }: Invited
): Promise<Invitation> {
  await refuseKnown(email, trx)
  const invited = { id: uuidv7(), email: email.toLowerCase(), name, role, expires_at: inAWeek() }
  const { rows } = await trx.rawQuery<{ rows: Invitation[] }>(insert, invited)
  if (rows.length === 0) throw alreadyInvited()
  await mailIn(trx, rows[0])
  return rows[0]
}

// A conflict is no error of the statement: PostgreSQL would log it with the address.
const insert = /* sql */ `
  insert into invitations (id, email, name, role, expires_at)
  values (:id, :email, :name, :role, :expires_at) on conflict do nothing returning *`

/** Sends a new mail and invalidates the previous link. @throws Problem 404 `not_found` */
export async function inviteAgain(trx: TransactionClientContract, id: string): Promise<Invitation> {
  const [invitation]: Invitation[] = await trx
    .from('invitations')
    .where('id', id)
    .increment('revision', 1)
    .update({ expires_at: inAWeek() })
    .returning('*')
  if (!invitation) throw notFound('invitation')
  await mailIn(trx, invitation)
  return invitation
}

/** Invalidates the link. @throws Problem 404 `not_found` */
export async function withdraw(trx: TransactionClientContract, id: string): Promise<Invitation> {
  const [invitation] = await trx.from('invitations').where('id', id).delete().returning('*')
  if (!invitation) throw notFound('invitation')
  return invitation
}

async function mailIn(trx: TransactionClientContract, { id, revision }: Invitation) {
  const mail = { id: uuidv7(), invitation_id: id, kind: 'invitation', revision }
  await trx.table('notifications').insert({ ...mail, traceparent: currentTrace() ?? null })
  trx.after('commit', () => mailQueue.wake('accounts'))
}

async function refuseKnown(email: string, trx: TransactionClientContract) {
  const known: { name: string; role: string } | null = await trx
    .from('accounts')
    .whereRaw('lower(email) = ?', [email.toLowerCase()])
    .first()
  if (!known) return
  throw new Problem(
    'email_taken',
    `${known.name} already has an account with this e-mail address, with the role ${known.role}.`
  )
}

function alreadyInvited() {
  return new Problem(
    'email_taken',
    'This e-mail address is already invited. You can re-send the invitation in the list below.'
  )
}

function inAWeek() {
  return DateTime.now().plus({ days: INVITATION_DAYS }).toJSDate()
}
