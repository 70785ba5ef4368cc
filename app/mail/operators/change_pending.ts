/*
 * What operators do with a mail that waits. Each change locks the mail's row, so that of two operators the second sees
 * what the first did.
 */
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { HELD, type MailSource } from '../mail_rows.ts'
import { mailQueue } from '../queue.ts'

export interface ChangedMail {
  kind: string
  /** The mail's state before. Anything but `pending` and `held` was not changed. */
  before: 'pending' | 'held' | 'sent' | 'given_up'
  changed: boolean
}

/** The mail as a page showed it. */
export interface SeenMail {
  attempts: number
  held: boolean
}

interface Row {
  kind: string
  status: 'pending' | 'sent' | 'given_up'
  attempts: number
  held: boolean
  due: boolean
  unconfirmed: number
  subject: string
}

/**
 * Makes a mail due at once, or in a minute if the server has an unconfirmed copy: the attempt that sent it may still
 * run, and the server has a minute to confirm (`socketTimeout` in smtp_options.ts). After a hold, the mail and those
 * behind it have a day of attempts again. Without effect if an attempt was made, or the mail was held or released, since
 * the page was shown, and if the next attempt runs or begins within a minute: a second copy could be sent meanwhile.
 *
 * @returns null when there is no such mail
 */
export function sendNow(
  trx: TransactionClientContract,
  source: MailSource,
  id: string,
  seen: SeenMail
): Promise<ChangedMail | null> {
  return change(trx, source, id, async ({ attempts, held, due, unconfirmed, subject }) => {
    if (due || held !== seen.held || attempts !== seen.attempts) return false
    await trx
      .from('notifications')
      .where('id', id)
      .update({
        next_attempt_at: trx.raw(unconfirmed > 0 ? `now() + interval '1 minute'` : 'now()'),
      })
    if (held) {
      const pendingOfSubject = { [source.subject]: subject, status: 'pending' }
      await trx
        .from('notifications')
        .where(pendingOfSubject)
        .update({ created_at: trx.raw('now()') })
    }
    return true
  })
}

/**
 * Holds a mail until `sendNow` or `giveUp`; later mails of its subject wait behind it. An attempt that runs is broken off
 * before the last line of the message. If the server has that line already, the mail may still be sent.
 *
 * @returns null when there is no such mail
 */
export function hold(
  trx: TransactionClientContract,
  source: MailSource,
  id: string
): Promise<ChangedMail | null> {
  return change(trx, source, id, async ({ held }) => {
    if (!held)
      await trx
        .from('notifications')
        .where('id', id)
        .update({ next_attempt_at: trx.raw(HELD) })
    return !held
  })
}

/**
 * Gives up a mail, so that the next one of its subject is sent. An attempt that runs is broken off as by `hold`.
 *
 * @param by - the operator's name, stored with the last error
 * @returns null when there is no such mail
 */
export function giveUp(
  trx: TransactionClientContract,
  source: MailSource,
  id: string,
  by: string
): Promise<ChangedMail | null> {
  return change(trx, source, id, async () => {
    const error = trx.raw(`concat('given up by ', ?::text, '; last error: ' || last_error)`, [by])
    await trx
      .from('notifications')
      .where('id', id)
      .update({ status: 'given_up', last_error: error })
    return true
  })
}

async function change(
  trx: TransactionClientContract,
  source: MailSource,
  id: string,
  apply: (mail: Row) => Promise<boolean>
): Promise<ChangedMail | null> {
  const mail: Row | null = await trx
    .from('notifications')
    .where('id', id)
    .forUpdate()
    .select('kind', 'status', 'attempts', 'unconfirmed', `${source.subject} as subject`)
    .select(trx.raw(`next_attempt_at = ${HELD} as held`))
    .select(trx.raw(`next_attempt_at <= now() + interval '1 minute' as due`))
    .first()
  if (!mail) return null
  const { kind, status, held } = mail
  if (status !== 'pending') return { kind, before: status, changed: false }
  const changed = await apply(mail)
  if (changed) trx.after('commit', () => mailQueue.wake(source.connection))
  return { kind, before: held ? 'held' : 'pending', changed }
}
