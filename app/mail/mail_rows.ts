/*
 * The rows of one module's mails: how they are leased, and what is written after an attempt.
 */
import type { Database } from '@adonisjs/lucid/database'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { waitAfterCopy, type Decision } from './delivery.ts'

export interface Notification {
  id: string
  kind: string
  revision: number
  detail: Record<string, unknown>
  /** Delivery attempts, the one under way included. */
  attempts: number
  /** Copies that were sent whole and not confirmed. */
  unconfirmed: number
  /** Times it was refused for good (5xx). */
  refusals: number
  created_at: Date
  /** Grows with the commits about one subject. */
  sequence: number
  /** What the mail is about, from the queue's `subject` column. */
  subject: string
  /** Of the request that led to it, null when none did. */
  traceparent: string | null
}

export interface MailSource {
  /** The Lucid connection with a table `notifications`; its `sequence` is drawn under the subject's lock. */
  connection: string
  /** Its column with the id of what a mail is about: mails about one thing go out in order. */
  subject: string
  /** Null when there is no longer anything to say: the mail counts as sent. */
  compose(notification: Notification): Promise<MessageComposeCallback | null>
  /** Where the staff finds what a mail is about. */
  page(subject: string): string
}

/** Of the minute that a lease lasts: one more mail may take some seconds. */
export const LEASE_USED_MS = 40_000

export class MailRows {
  readonly #db: Database
  readonly source: MailSource

  constructor(db: Database, source: MailSource) {
    this.#db = db
    this.source = source
  }

  get module() {
    return this.source.connection
  }

  /**
   * Due mails, the first of each subject: the next waits until it is sent or given up.
   *
   * @param refusedLast - mails that were never refused come first
   */
  async lease(limit: number, { refusedLast = false } = {}): Promise<Notification[]> {
    const { rows } = await this.#db.connection(this.module).rawQuery<{ rows: Notification[] }>(
      `update notifications set attempts = attempts + 1, next_attempt_at = now() + interval '1 minute'
       where id in (
         select id from notifications as due
         where status = 'pending' and next_attempt_at <= now() and id = (
           select id from notifications as first
           where first.:subject: = due.:subject: and first.status = 'pending' order by sequence limit 1)
         order by ${refusedLast ? 'refusals, ' : ''}next_attempt_at limit :limit for update skip locked)
       returning id, kind, revision, detail, attempts, unconfirmed, refusals, created_at, sequence, traceparent,
         :subject: as subject`,
      { subject: this.source.subject, limit }
    )
    return rows
  }

  /**
   * Counts a copy before the server can have it whole: a process that is killed then has not
   * forgotten it.
   *
   * @throws when the lease has ended and the mail is another process's
   */
  async countCopy({ id, attempts, unconfirmed }: Notification) {
    const copies = unconfirmed + 1
    const [counted] = await this.#rows()
      .where({ id, attempts, status: 'pending' })
      .update({ unconfirmed: copies, next_attempt_at: inMs(waitAfterCopy(copies)) }, ['id'])
    if (!counted) throw new Error('the lease of the mail has ended: another process sends it')
  }

  /** What another process has leased since is left alone. */
  async store({ id, attempts }: Notification, decision: Decision) {
    const { status, unconfirmed, refusals, reason } = decision
    await this.#rows()
      .where({ id, attempts, status: 'pending' })
      .update({
        ...{ status, unconfirmed, refusals },
        next_attempt_at: inMs(decision.retryIn),
        last_error: reason,
      })
  }

  /** False when it was sent or given up, here or in another process. */
  async isPending(id: string): Promise<boolean> {
    return (await this.#rows().where({ id, status: 'pending' }).first()) !== null
  }

  async markSent(ids: string[]) {
    await this.#rows()
      .whereIn('id', ids)
      .update({ status: 'sent', sent_at: new Date(), last_error: null, unconfirmed: 0 })
  }

  /** They are due at once, here or in another process, and were not tried. */
  async giveBack(mails: Notification[]) {
    if (mails.length === 0) return
    await this.#db.connection(this.module).rawQuery(
      `update notifications set attempts = notifications.attempts - 1, next_attempt_at = now()
       from unnest(:ids::uuid[], :attempts::int[]) as leased (id, attempts)
       where notifications.id = leased.id and notifications.attempts = leased.attempts and status = 'pending'`,
      { ids: mails.map(({ id }) => id), attempts: mails.map(({ attempts }) => attempts) }
    )
  }

  #rows() {
    return this.#db.connection(this.module).from('notifications')
  }
}

function inMs(milliseconds: number) {
  return new Date(Date.now() + milliseconds)
}
