/*
 * The mail sender: rows that committed with the state, delivered at least once, all copies with one
 * Message-ID. A mail server that is down delays mails and loses none.
 *
 * A row is leased while it is sent, so that the SMTP call stays outside a transaction and two processes
 * do not send the same one; a sender that dies lets its lease run out.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { Database } from '@adonisjs/lucid/database'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { backoff } from '../messaging/retry_policy.ts'
import { Signal } from '../messaging/signal.ts'

export interface Notification {
  id: string
  kind: string
  revision: number
  detail: Record<string, unknown>
  attempts: number
  created_at: Date
  /** What the mail is about, from the queue's `subject` column. */
  subject: string
}

export interface MailSource {
  /** The Lucid connection with a table `notifications`. */
  connection: string
  /** Its column with the id of what a mail is about: mails about one thing go out in order. */
  subject: string
  compose(notification: Notification): Promise<MessageComposeCallback>
}

export interface MailQueueOptions {
  db: Database
  send(compose: MessageComposeCallback): Promise<unknown>
  /** The right side of each Message-ID. */
  domain: string
  logger: Logger
}

const BATCH = 20
const POLL_MS = 1_000
const GIVE_UP_MS = 24 * 60 * 60 * 1_000
const NEXT_TRY_MS = { first: 1_000, most: 10 * 60 * 1_000 }

export class MailQueue {
  readonly #sources: MailSource[] = []
  readonly #woken = new Signal()
  #options: MailQueueOptions | null = null
  #running: Promise<void> | null = null
  #trouble: string | null = null

  serve(source: MailSource) {
    this.#sources.push(source)
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
    await this.#running
  }

  /** What an operator should know, in words; empty while all is well. */
  degraded(): string[] {
    return this.#trouble ? [`mail: ${this.#trouble}`] : []
  }

  async #run(options: MailQueueOptions) {
    while (this.#options) {
      let sent = 0
      for (const source of this.#sources) {
        try {
          const due = await this.#lease(options, source)
          for (const notification of due) {
            if (!this.#options) return
            await this.#deliver(options, source, notification)
          }
          sent += due.length
        } catch (error) {
          this.#trouble = (error as Error).message
        }
      }
      if (sent === 0 && this.#options) await this.#woken.wait(POLL_MS)
    }
  }

  /** Due ones, the first of each subject: the next waits until it is sent or given up. */
  async #lease({ db }: MailQueueOptions, { connection, subject }: MailSource) {
    const { rows } = await db.connection(connection).rawQuery<{ rows: Notification[] }>(
      `update notifications set attempts = attempts + 1, next_attempt_at = now() + interval '1 minute'
       where id in (
         select id from notifications as due
         where status = 'pending' and next_attempt_at <= now() and not exists (
           select from notifications as earlier
           where earlier.:subject: = due.:subject: and earlier.status = 'pending' and earlier.id < due.id)
         order by next_attempt_at limit :batch for update skip locked)
       returning id, kind, revision, detail, attempts, created_at, :subject: as subject`,
      { subject, batch: BATCH }
    )
    return rows
  }

  async #deliver(options: MailQueueOptions, source: MailSource, notification: Notification) {
    const { db, send, domain } = options
    const table = () =>
      db.connection(source.connection).from('notifications').where('id', notification.id)
    try {
      const compose = await source.compose(notification)
      await send((message) => {
        message.header('Message-ID', `<${notification.id}@${domain}>`)
        return compose(message)
      })
    } catch (error) {
      return this.#later(options, table, notification, error as Error)
    }
    await table().update({ status: 'sent', sent_at: new Date(), last_error: null })
    this.#trouble = null
  }

  async #later(
    { logger }: MailQueueOptions,
    table: () => ReturnType<ReturnType<Database['connection']>['from']>,
    { id, kind, attempts, created_at: createdAt }: Notification,
    error: Error
  ) {
    this.#trouble = error.message
    const givenUp = Date.now() - createdAt.getTime() > GIVE_UP_MS
    await table().update({
      status: givenUp ? 'given_up' : 'pending',
      next_attempt_at: new Date(Date.now() + backoff(attempts, NEXT_TRY_MS)),
      last_error: error.message,
    })
    if (givenUp)
      logger.error({ notification: id, kind, reason: error.message }, 'a mail is given up')
    else if ((attempts & (attempts - 1)) === 0) {
      logger.warn({ notification: id, kind, attempts, reason: error.message }, 'a mail waits')
    }
  }
}

export const mailQueue = new MailQueue()
