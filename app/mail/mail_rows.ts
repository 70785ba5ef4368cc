/*
 * The rows of one module's mails: leases, and results of delivery attempts.
 */
import type { Database } from '@adonisjs/lucid/database'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
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
}

/** A lease lasts a minute; the last mail that begins within this time may take some seconds. */
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
   * Leases due mails, only the first of each subject: the next one waits until that is sent or given up.
   *
   * @param refusedLast - leases mails that were never refused first
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
   * Counts a copy before the server has received it completely, so that it is also counted if the process is killed.
   *
   * @throws when the lease has expired and another process has the mail
   */
  async countCopy({ id, attempts, unconfirmed }: Notification) {
    const copies = unconfirmed + 1
    const [counted] = await this.#rows()
      .where({ id, attempts, status: 'pending' })
      .update({ unconfirmed: copies, next_attempt_at: inMs(waitAfterCopy(copies)) }, ['id'])
    if (!counted) throw new Error('the lease of the mail has ended: another process sends it')
  }

  /** Stores the result of an attempt, unless another process has leased the mail since. */
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

  /** False when the mail was sent or given up, in this process or another. */
  async isPending(id: string): Promise<boolean> {
    return (await this.#rows().where({ id, status: 'pending' }).first()) !== null
  }

  async markSent(ids: string[]) {
    await this.#rows()
      .whereIn('id', ids)
      .update({ status: 'sent', sent_at: new Date(), last_error: null, unconfirmed: 0 })
  }

  /** Makes leased mails due again, without counting an attempt. */
  async returnLeases(mails: Notification[]) {
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
