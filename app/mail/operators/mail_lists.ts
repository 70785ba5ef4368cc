/*
 * Mails that wait or were given up, for pages and metrics.
 */
import type { Database } from '@adonisjs/lucid/database'
import type { Figures } from '#contracts/ports/figures'
import { boundedCount, COUNT_LIMIT } from '#postgres/bounded_count'
import { run } from '#postgres/run'
import { HELD, type MailSource } from '../mail_rows.ts'
import { mailsGivenUp, mailsHeld, oldestMail, pendingMails } from '../metrics.ts'

/** The mails of one module; counted up to 10,001. */
export interface MailCounts {
  module: string
  /** With those that are held. */
  pending: number
  held: number
  /** When the oldest pending mail was created that no hold keeps back; null without one. */
  since: Date | null
  givenUp: number
}

/** The first pending mail of its subject, such as an order. */
export interface WaitingMail {
  module: string
  id: string
  kind: string
  page: string
  /** What the mail is about, such as the number of an order. */
  about: string
  /** Null for a recipient who is not known any more. */
  address: string | null
  error: string | null
  attempts: number
  /** Null while the mail is held. */
  nextAttempt: Date | null
  /** Whether the next attempt runs, or begins within a minute. */
  due: boolean
  /** Copies that the server took without confirming them. */
  unconfirmed: number
  /** Later mails of the subject, which wait for this one. */
  behind: number
  at: Date
}

/** A mail that is not retried any more. */
export interface GivenUpMail {
  module: string
  id: string
  kind: string
  page: string
  error: string | null
  attempts: number
  at: Date
}

type Counted = Omit<MailCounts, 'module'> & Record<string, unknown>
type Waiting = Omit<WaitingMail, 'module' | 'page' | 'about' | 'address'> & { subject: string }

/**
 * A condition on a row of `notifications`: the mail is late or held, and not only queued a moment ago.
 * `notifications` has an index on pending rows by `next_attempt_at`.
 */
export const IS_WAITING = /* sql */ `status = 'pending'
  and (last_error is not null or next_attempt_at = ${HELD} or created_at < now() - interval '1 minute')`

export async function countMails(db: Database, source: MailSource): Promise<MailCounts> {
  const { connection: module, subject } = source
  const [found] = await run<Counted>(db.connection(module), counts(subject), [])
  return { module, ...found }
}

function counts(subject: string) {
  const held = `notifications where status = 'pending' and next_attempt_at = ${HELD}`
  return {
    name: `mails_counts_by_${subject}`,
    text: /* sql */ `select
      ${boundedCount(`notifications where status = 'pending'`)} as pending,
      ${boundedCount(held)} as held,
      (select min(created_at) from
        (select created_at from notifications where status = 'pending'
         and ${subject} not in (select ${subject} from ${held}) limit ${COUNT_LIMIT}) as due) as since,
      ${boundedCount(`notifications where status = 'given_up'`)} as "givenUp"`,
  }
}

/** Held mails first, the others by their next attempt; at most `limit` of each. */
export async function waitingMails(
  db: Database,
  source: MailSource,
  limit: number
): Promise<WaitingMail[]> {
  const { connection: module, subject, page } = source
  const client = db.connection(module)
  const found = await Promise.all([
    run<Waiting & Record<string, unknown>>(client, findWaiting(subject, '='), [limit]),
    run<Waiting & Record<string, unknown>>(client, findWaiting(subject, '<'), [limit]),
  ])
  const rows = found.flat()
  const recipients = await source.recipients(rows.map((row) => row.subject))
  return rows.map(({ subject: of, ...mail }) => ({
    ...{ module, page: page(of) },
    ...(recipients.get(of) ?? { about: 'deleted', address: null }),
    ...mail,
  }))
}

/** Without conditions on `status` in the subqueries, for the reason given at `leaseMails`. */
function findWaiting(subject: string, held: '=' | '<') {
  return {
    name: `mails_${held === '=' ? 'held' : 'waiting'}_by_${subject}`,
    text: /* sql */ `
      select id, kind, attempts, unconfirmed, last_error as error, created_at as at, ${subject} as subject,
        nullif(next_attempt_at, ${HELD}) as "nextAttempt", next_attempt_at <= now() + interval '1 minute' as due,
        (select count(*) filter (where status = 'pending') - 1 from
          (select status from notifications as same where same.${subject} = mail.${subject} limit ${COUNT_LIMIT})
          as mails)::int as behind
      from notifications as mail
      where ${IS_WAITING} and next_attempt_at ${held} ${HELD} and id = (
        select id from notifications as first
        where first.${subject} = mail.${subject} order by status <> 'pending', sequence limit 1)
      order by next_attempt_at, created_at limit $1`,
  }
}

/** The newest mails that were given up, at most `limit`. */
export async function givenUpMails(
  db: Database,
  { connection: module, subject, page }: MailSource,
  limit: number
): Promise<GivenUpMail[]> {
  const rows = await db
    .connection(module)
    .from('notifications')
    .where('status', 'given_up')
    .orderBy('created_at', 'desc')
    .limit(limit)
    .select('id', 'kind', 'attempts', 'last_error as error', 'created_at as at')
    .select(`${subject} as subject`)
  return rows.map(({ subject: about, ...mail }) => ({ module, ...mail, page: page(about) }))
}

export function mailFigures(db: Database, source: MailSource): Figures {
  const module = source.connection
  return {
    source: `mails of ${module}`,
    async read() {
      const { pending, held, since, givenUp } = await countMails(db, source)
      const age = since ? Date.now() - since.getTime() : 0
      pendingMails.set({ module }, pending)
      mailsHeld.set({ module }, held)
      oldestMail.set({ module }, Math.max(0, age) / 1_000)
      mailsGivenUp.set({ module }, givenUp)
    },
    forget() {
      for (const gauge of [pendingMails, mailsHeld, oldestMail, mailsGivenUp])
        gauge.remove({ module })
    },
  }
}
