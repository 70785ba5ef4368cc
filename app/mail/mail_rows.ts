/*
 * The rows of one module's mails. Concurrent results share a statement: at 100 orders a second, mails add less than one
 * exchange per order.
 */
import type { Database } from '@adonisjs/lucid/database'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { run, type Statement } from '#postgres/run'
import { Gathered } from '#runtime/gathered'
import { waitAfterCopy, type Decision } from './delivery.ts'

export interface Notification {
  id: string
  kind: string
  revision: number
  detail: Record<string, unknown>
  /** Delivery attempts, including the current one. */
  attempts: number
  /** Copies that were sent completely, but not confirmed. */
  unconfirmed: number
  /** Permanent refusals (5xx). */
  refusals: number
  created_at: Date
  /** In commit order for mails of one subject. */
  sequence: number
  /** Id of the subject, from the source's `subject` column. */
  subject: string
  /** Trace of the request that caused the mail; null without one. */
  traceparent: string | null
}

export interface MailSource {
  /** The Lucid connection with a table `notifications`; its `sequence` is assigned under the subject's lock. */
  connection: string
  /** The column with the id of the subject, such as an order: mails of one subject are sent in order. */
  subject: string
  /** Null if the mail is no longer needed: it counts as sent. */
  compose(notification: Notification): Promise<MessageComposeCallback | null>
  /** The page of the subject, for staff. */
  page(subject: string): string
  /** Of these subjects, for staff; subjects that are gone are left out. */
  recipients(subjects: string[]): Promise<Map<string, MailRecipient>>
}

export interface MailRecipient {
  /** The subject's name, such as the number of an order. */
  about: string
  /** Null for a recipient who is not known any more. */
  address: string | null
}

/**
 * The `next_attempt_at` of a pending mail that an operator holds. As the first of its subject it is not due, so the
 * subject's later mails wait behind it.
 */
export const HELD = `timestamptz 'infinity'`

/** An operator holds the mail or has given it up, or another process has leased it. */
export class LeaseLost extends Error {}

/** A lease lasts a minute; the last mail that begins within this time may take some seconds. */
export const LEASE_USED_MS = 40_000
/** The server's confirmation waits for this, so it is short. */
const COUNT_COPIES_EVERY_MS = 20
/** A process that dies repeats the mails of this time, and of those that it was sending. */
const MARK_SENT_EVERY_MS = 100

export class MailRows {
  readonly #db: Database
  readonly source: MailSource
  readonly #copies = new Gathered(
    (mails: Notification[]) => this.#countCopies(mails),
    COUNT_COPIES_EVERY_MS
  )
  readonly #sent = new Gathered((ids: string[]) => this.#markSent(ids), MARK_SENT_EVERY_MS)
  readonly #returned = new Gathered((mails: Notification[]) => this.#returnLeases(mails))

  constructor(db: Database, source: MailSource) {
    this.#db = db
    this.source = source
  }

  get module() {
    return this.source.connection
  }

  /**
   * Leases due mails, only the first of each subject: the next one waits until that is sent or given up.
   *
   * @param refusedLast - leases mails that were never refused first
   */
  async lease(limit: number, { refusedLast = false } = {}): Promise<Notification[]> {
    return this.#run(leaseMails(this.source.subject, refusedLast), [limit])
  }

  /**
   * Counts a copy before the server has received it completely, so that it is also counted if the process is killed.
   *
   * @throws LeaseLost if the mail must not be sent
   */
  async countCopy(mail: Notification) {
    const counted = await this.#copies.call(mail)
    if (!counted) throw new LeaseLost('the lease of the mail has ended')
  }

  /** Stores the result of a failed attempt, unless another process has leased the mail since. A held mail stays held. */
  async store({ id, attempts }: Notification, decision: Decision) {
    const { status, retryIn, unconfirmed, refusals, reason } = decision
    const values = [id, attempts, status, retryIn, unconfirmed, refusals, reason]
    await this.#run(storeResult, values)
  }

  /** Resolves when the mail is marked as sent. */
  async markSent({ id }: Notification) {
    await this.#sent.call(id)
  }

  /** Makes a leased mail due again, without counting an attempt. A held mail stays held. */
  async returnLease(mail: Notification) {
    await this.#returned.call(mail)
  }

  /** False when the mail was sent, held or given up, in this process or another. */
  async isPending(id: string): Promise<boolean> {
    const [pending] = await this.#run(findPending, [id])
    return pending !== undefined
  }

  /** @returns for each mail whether its copy was counted */
  async #countCopies(mails: Notification[]): Promise<boolean[]> {
    const counted = await this.#run<{ id: string }>(countCopies, [
      mails.map(({ id }) => id),
      mails.map(({ attempts }) => attempts),
      mails.map(({ unconfirmed }) => unconfirmed + 1),
      mails.map(({ unconfirmed }) => waitAfterCopy(unconfirmed + 1)),
    ])
    const ids = new Set(counted.map(({ id }) => id))
    return mails.map(({ id }) => ids.has(id))
  }

  async #markSent(ids: string[]): Promise<void[]> {
    await this.#run(markSent, [ids])
    return []
  }

  async #returnLeases(mails: Notification[]): Promise<void[]> {
    await this.#run(returnLeases, [
      mails.map(({ id }) => id),
      mails.map(({ attempts }) => attempts),
      mails.map(({ unconfirmed }) => unconfirmed),
    ])
    return []
  }

  #run<Row extends object>(statement: Statement, values: unknown[]) {
    return run<Row & Record<string, never>>(this.#db.connection(this.module), statement, values)
  }
}

/**
 * The first pending mail of a subject is found among all of its mails, by a sort, not by a condition: with a condition,
 * PostgreSQL may take the index of what is due, and read the whole backlog for each mail of it. The rows are selected
 * into an array, because a subquery of IN may run more than once, and then leases more than the limit.
 */
function leaseMails(subject: string, refusedLast: boolean): Statement {
  return {
    name: `mails_lease_by_${subject}${refusedLast ? '_refused_last' : ''}`,
    text: /* sql */ `
      update notifications set attempts = attempts + 1, next_attempt_at = now() + interval '1 minute'
      where id = any (array(
        select id from notifications as due
        where status = 'pending' and next_attempt_at <= now() and id = (
          select id from notifications as first
          where first.${subject} = due.${subject} order by status <> 'pending', sequence limit 1)
        order by ${refusedLast ? 'refusals, ' : ''}next_attempt_at limit $1 for update skip locked))
      returning id, kind, revision, detail, attempts, unconfirmed, refusals, created_at, sequence, traceparent,
        ${subject} as subject`,
  }
}

const countCopies = {
  name: 'mails_count_copies',
  text: /* sql */ `
    update notifications
    set unconfirmed = copy.unconfirmed, next_attempt_at = now() + copy.wait * interval '1 millisecond'
    from unnest($1::uuid[], $2::int[], $3::int[], $4::float8[]) as copy (id, attempts, unconfirmed, wait)
    where notifications.id = copy.id and notifications.attempts = copy.attempts and status = 'pending'
      and next_attempt_at < ${HELD}
    returning notifications.id`,
}

const storeResult = {
  name: 'mails_store_result',
  text: /* sql */ `
    update notifications
    set status = case when next_attempt_at = ${HELD} then 'pending' else $3 end,
      unconfirmed = $5, refusals = $6, last_error = $7,
      next_attempt_at = case when next_attempt_at = ${HELD} then ${HELD}
        else now() + $4::float8 * interval '1 millisecond' end
    where id = $1 and attempts = $2 and status = 'pending'`,
}

const markSent = {
  name: 'mails_mark_sent',
  text: /* sql */ `
    update notifications set status = 'sent', sent_at = now(), last_error = null, unconfirmed = 0
    where id = any ($1::uuid[])`,
}

const returnLeases = {
  name: 'mails_return_leases',
  text: /* sql */ `
    update notifications
    set attempts = notifications.attempts - 1, unconfirmed = leased.unconfirmed,
      next_attempt_at = case when next_attempt_at = ${HELD} then ${HELD} else now() end
    from unnest($1::uuid[], $2::int[], $3::int[]) as leased (id, attempts, unconfirmed)
    where notifications.id = leased.id and notifications.attempts = leased.attempts and status = 'pending'`,
}

const findPending = {
  name: 'mails_find_pending',
  text: /* sql */ `
    select id from notifications
    where id = $1 and status = 'pending' and next_attempt_at < ${HELD}`,
}
