/*
 * The mail sender: rows that committed with the state, delivered at least once, all copies with one
 * Message-ID. A mail server that is down delays mails and loses none.
 *
 * A row is leased while it is sent, so that the SMTP call stays outside a transaction and two processes
 * do not send the same one; a sender that stops gives back what it has not begun, and one that dies lets its
 * lease run out.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { Database } from '@adonisjs/lucid/database'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { backoff } from '../messaging/retry_policy.ts'
import { Signal } from '../messaging/signal.ts'
import { run } from '../messaging/sql.ts'
import { inTrace } from '../messaging/trace.ts'
import type { Figures } from '../contracts/figures.ts'
import { delivered, mailsGivenUp, oldestMail, pendingMails } from './metrics.ts'

export interface Notification {
  id: string
  kind: string
  revision: number
  detail: Record<string, unknown>
  attempts: number
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

/** What waits of the mails of one module; both counted up to 10,001. */
export interface WaitingMails {
  module: string
  pending: number
  /** Of the first that waits; null when none does. */
  since: Date | null
  givenUp: number
}

/** A mail that was tried for a day in vain. */
export interface GivenUpMail {
  module: string
  id: string
  kind: string
  page: string
  error: string | null
  attempts: number
  at: Date
}

export interface MailQueueOptions {
  db: Database
  send(compose: MessageComposeCallback): Promise<unknown>
  /** The right side of each Message-ID. */
  domain: string
  logger: Logger
}

type Counted = Omit<WaitingMails, 'module'> & Record<string, unknown>

const WAITING = {
  name: 'mails_waiting',
  text: /* sql */ `select
    (select count(*) from (select from notifications where status = 'pending' limit 10001) as counted)::int as pending,
    (select min(created_at) from (select created_at from notifications where status = 'pending' limit 10001) as due) as since,
    (select count(*) from (select from notifications where status = 'given_up' limit 10001) as counted)::int as "givenUp"`,
}

const BATCH = 20
const POLL_MS = 1_000
/** Of the minute that a lease lasts: one more mail may take some seconds. */
const LEASE_USED_MS = 40_000
const GIVE_UP_MS = 24 * 60 * 60 * 1_000
const NEXT_TRY_MS = { first: 1_000, most: 10 * 60 * 1_000 }

export class MailQueue {
  readonly #sources: MailSource[] = []
  readonly #woken = new Signal()
  #options: MailQueueOptions | null = null
  #running: Promise<void> | null = null
  /** What is leased and not begun. */
  #giveBack = async () => {}
  #trouble: string | null = null

  serve(source: MailSource) {
    this.#sources.push(source)
  }

  /** Those that send mails. */
  get modules(): string[] {
    return this.#sources.map(({ connection }) => connection)
  }

  /** Says that a notification has committed. */
  wake() {
    this.#woken.raise()
  }

  start(options: MailQueueOptions) {
    this.#options = options
    this.#running = this.#run(options)
  }

  async stop() {
    this.#options = null
    this.#woken.raise()
    // At once: the one that is under way may take longer than there is time.
    await this.#giveBack().catch(() => {})
    await this.#running
  }

  /** What has not been sent. */
  async waiting(db: Database): Promise<WaitingMails[]> {
    return Promise.all(
      this.#sources.map(async ({ connection: module }) => {
        const [found] = await run<Counted>(db.connection(module), WAITING, [])
        return { module, ...found }
      })
    )
  }

  /** The newest first, at most `limit` of each module. */
  async givenUp(db: Database, limit: number): Promise<GivenUpMail[]> {
    const found = await Promise.all(
      this.#sources.map(async ({ connection: module, subject, page }) => {
        const rows = await db
          .connection(module)
          .from('notifications')
          .where('status', 'given_up')
          .orderBy('created_at', 'desc')
          .limit(limit)
          .select('id', 'kind', 'attempts', 'last_error as error', 'created_at as at')
          .select(`${subject} as subject`)
        return rows.map(({ subject: about, ...mail }) => ({ module, ...mail, page: page(about) }))
      })
    )
    return found.flat()
  }

  /** Of each list, for a scrape. */
  figures(db: Database): Figures[] {
    return this.#sources.map(({ connection: module }) => ({
      source: `mails of ${module}`,
      async read() {
        const [found] = await run<Counted>(db.connection(module), WAITING, [])
        const age = found.since ? Date.now() - found.since.getTime() : 0
        pendingMails.set({ module }, found.pending)
        oldestMail.set({ module }, Math.max(0, age) / 1_000)
        mailsGivenUp.set({ module }, found.givenUp)
      },
      forget() {
        for (const gauge of [pendingMails, oldestMail, mailsGivenUp]) gauge.remove({ module })
      },
    }))
  }

  /** What an operator should know, in words; empty while all is well. */
  degraded(): string[] {
    return this.#trouble ? [`mail: ${this.#trouble}`] : []
  }

  async #run(options: MailQueueOptions) {
    while (this.#options) {
      let due = 0
      for (const source of this.#sources) {
        try {
          const leased = await this.#lease(options, source)
          due = Math.max(due, leased.length)
          await this.#deliverAll(options, source, leased)
        } catch (error) {
          this.#trouble = (error as Error).message
        }
      }
      if (due < BATCH && this.#options) await this.#woken.wait(POLL_MS)
    }
  }

  /** Due ones, the first of each subject: the next waits until it is sent or given up. */
  async #lease({ db }: MailQueueOptions, { connection, subject }: MailSource) {
    const { rows } = await db.connection(connection).rawQuery<{ rows: Notification[] }>(
      `update notifications set attempts = attempts + 1, next_attempt_at = now() + interval '1 minute'
       where id in (
         select id from notifications as due
         where status = 'pending' and next_attempt_at <= now() and id = (
           select id from notifications as first
           where first.:subject: = due.:subject: and first.status = 'pending' order by sequence limit 1)
         order by next_attempt_at limit :batch for update skip locked)
       returning id, kind, revision, detail, attempts, created_at, sequence, traceparent, :subject: as subject`,
      { subject, batch: BATCH }
    )
    return rows
  }

  /** One mark for all that were sent: whoever dies before it sends them again under the same ids. */
  async #deliverAll(options: MailQueueOptions, source: MailSource, due: Notification[]) {
    const sent: string[] = []
    const leased = Date.now()
    this.#giveBack = () => giveBack(options, source, due.splice(0))
    while (this.#options && due.length > 0 && Date.now() - leased < LEASE_USED_MS) {
      const notification = due.shift()!
      const deliver = () => this.#deliver(options, source, notification)
      if (await inTrace(notification.traceparent, deliver)) sent.push(notification.id)
    }
    if (sent.length > 0) await this.#markSent(options, source, sent)
    await this.#giveBack()
  }

  async #markSent(options: MailQueueOptions, source: MailSource, sent: string[]) {
    delivered.inc({ module: source.connection, outcome: 'sent' }, sent.length)
    await notifications(options, source)
      .whereIn('id', sent)
      .update({ status: 'sent', sent_at: new Date(), last_error: null })
    this.#trouble = null
  }

  /** @returns false when it has to be tried again later */
  async #deliver(options: MailQueueOptions, source: MailSource, notification: Notification) {
    try {
      const compose = await source.compose(notification)
      if (!compose) return true
      await options.send((message) => {
        message.messageId(`<${notification.id}@${options.domain}>`)
        return compose(message)
      })
      const { id, kind, subject } = notification
      options.logger.debug({ notification: id, kind, [source.subject]: subject }, 'a mail is sent')
      return true
    } catch (error) {
      await this.#later(options, source, notification, error as Error)
      return false
    }
  }

  async #later(
    options: MailQueueOptions,
    source: MailSource,
    { id, kind, attempts, created_at: createdAt }: Notification,
    error: Error
  ) {
    const { logger } = options
    this.#trouble = error.message
    const givenUp = Date.now() - createdAt.getTime() > GIVE_UP_MS
    await notifications(options, source)
      .where('id', id)
      .update({
        status: givenUp ? 'given_up' : 'pending',
        next_attempt_at: new Date(Date.now() + backoff(attempts, NEXT_TRY_MS)),
        last_error: error.message,
      })
    delivered.inc({ module: source.connection, outcome: givenUp ? 'given_up' : 'retried' })
    if (givenUp)
      logger.error({ notification: id, kind, reason: error.message }, 'a mail is given up')
    else if ((attempts & (attempts - 1)) === 0) {
      logger.warn({ notification: id, kind, attempts, reason: error.message }, 'a mail waits')
    }
  }
}

/** They are due at once, here or in another process, and were not tried. What another has leased since is its. */
async function giveBack(
  { db }: MailQueueOptions,
  { connection }: MailSource,
  mails: Notification[]
) {
  if (mails.length === 0) return
  await db.connection(connection).rawQuery(
    `update notifications set attempts = notifications.attempts - 1, next_attempt_at = now()
     from unnest(:ids::uuid[], :attempts::int[]) as leased (id, attempts)
     where notifications.id = leased.id and notifications.attempts = leased.attempts and status = 'pending'`,
    { ids: mails.map(({ id }) => id), attempts: mails.map(({ attempts }) => attempts) }
  )
}

function notifications({ db }: MailQueueOptions, { connection }: MailSource) {
  return db.connection(connection).from('notifications')
}

export const mailQueue = new MailQueue()
