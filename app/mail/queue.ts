/*
 * The mail sender: rows that committed with the state, delivered at least once, all copies with one
 * Message-ID. A mail server that is down delays mails and loses none.
 *
 * A row is leased while it is sent, so that the SMTP call stays outside a transaction and two processes
 * do not send the same one; a sender that stops gives back what it has not begun, and one that dies lets its
 * lease run out. delivery.ts decides what happens after an attempt that failed.
 */
import type { Logger } from '@adonisjs/core/logger'
import type { Database } from '@adonisjs/lucid/database'
import type { Message } from '@adonisjs/mail'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import type { Figures } from '#contracts/ports/figures'
import { PollingWorker } from '#runtime/polling_worker'
import { inTrace } from '#runtime/trace_context'
import {
  decide,
  decideWhilePaused,
  decideWithoutAttempt,
  outcomeOf,
  type Decision,
  type Outcome,
} from './delivery.ts'
import { LEASE_USED_MS, MailRows, type MailSource, type Notification } from './mail_rows.ts'
import { givenUpMails, mailFigures, waitingMails } from './mail_lists.ts'
import { delivered, mailsPaused } from './metrics.ts'
import { REFUSED_IN_A_ROW, RefusalCircuit } from './refusal_circuit.ts'
import type { SendOptions } from './smtp_transport.ts'

export interface MailQueueOptions {
  db: Database
  /** @throws what the transport throws; `beforeLastLine` is for those that confirm late */
  send(compose: MessageComposeCallback, options: SendOptions): Promise<unknown>
  /** The right side of each Message-ID. */
  domain: string
  logger: Logger
  /** Milliseconds between two mails while the queue is paused. */
  probeEvery?: number
}

const BATCH = 20
const POLL_MS = 1_000
const PROBE_EVERY_MS = 30_000

export class MailQueue extends PollingWorker {
  readonly #sources: MailSource[] = []
  #options: MailQueueOptions | null = null
  #lists: MailRows[] = []
  #circuit = new RefusalCircuit(PROBE_EVERY_MS)
  /** What is leased and not begun. */
  #giveBack = async () => {}
  /**
   * Why the last attempt failed, where that concerns more than its mail; without a mail where its list could
   * not be read or written.
   */
  #trouble: { reason: string; rows: MailRows; mail: string | null } | null = null
  /** The server's last refusal, while the queue is paused. */
  #pausedBy: string | null = null

  constructor() {
    super({ name: 'mail', interval: POLL_MS })
  }

  serve(source: MailSource) {
    this.#sources.push(source)
  }

  /** Those that send mails. */
  get modules(): string[] {
    return this.#sources.map(({ connection }) => connection)
  }

  override start(options: MailQueueOptions) {
    this.#options = options
    this.#lists = this.#sources.map((source) => new MailRows(options.db, source))
    this.#circuit = new RefusalCircuit(options.probeEvery ?? PROBE_EVERY_MS)
    mailsPaused.set(0)
    super.start(options)
  }

  override async stop() {
    const ended = super.stop()
    // Before the mail under way is done: it may take longer than the shutdown allows.
    await this.#giveBack().catch(() => {})
    await ended
  }

  /** What has not been sent. */
  waiting(db: Database) {
    return Promise.all(this.modules.map((module) => waitingMails(db, module)))
  }

  /** The newest first, at most `limit` of each module. */
  async givenUp(db: Database, limit: number) {
    const found = await Promise.all(this.#sources.map((source) => givenUpMails(db, source, limit)))
    return found.flat()
  }

  /** Of each list, for a scrape. */
  figures(db: Database): Figures[] {
    return this.modules.map((module) => mailFigures(db, module))
  }

  override warnings(): string[] {
    if (this.#pausedBy === null) return this.#trouble ? [`mail: ${this.#trouble.reason}`] : []
    return [
      `mail: paused, because ${REFUSED_IN_A_ROW} recipients in a row were refused. One mail is tried at a time, and the first that is delivered resumes the queue. Last refusal: ${this.#pausedBy}`,
    ]
  }

  protected async poll(signal: AbortSignal) {
    if (this.#circuit.open && !this.#circuit.takeProbe()) return false
    let due = 0
    for (const rows of this.#lists) due = Math.max(due, await this.#work(rows, signal))
    return due === BATCH
  }

  /** @returns how many were due, up to a batch */
  async #work(rows: MailRows, signal: AbortSignal) {
    try {
      const leased = await (this.#circuit.open
        ? rows.lease(1, { refusedLast: true })
        : rows.lease(BATCH))
      const due = leased.length
      await this.#forgetTrouble(rows)
      await this.#deliverAll(rows, leased, signal)
      return due
    } catch (error) {
      this.#trouble = { reason: (error as Error).message, rows, mail: null }
      return 0
    }
  }

  /** Readiness names a failure no longer than its mail waits, or than its list cannot be read. */
  async #forgetTrouble(rows: MailRows) {
    const trouble = this.#trouble
    if (trouble?.rows !== rows) return
    if (trouble.mail === null || !(await rows.isPending(trouble.mail))) this.#trouble = null
  }

  /** Marks all sent mails in one statement. After a crash before it, they are sent again under the same ids. */
  async #deliverAll(rows: MailRows, due: Notification[], signal: AbortSignal) {
    const options = this.#options!
    const sent: string[] = []
    const leased = Date.now()
    const probes = this.#circuit.open
    this.#giveBack = () => rows.giveBack(due.splice(0))
    while (!signal.aborted && due.length > 0 && Date.now() - leased < LEASE_USED_MS) {
      const notification = due.shift()!
      const deliver = () => this.#deliver(options, rows, notification)
      if (await inTrace(notification.traceparent, deliver)) sent.push(notification.id)
      if (this.#circuit.open && !probes) break
    }
    if (sent.length > 0) {
      delivered.inc({ module: rows.module, outcome: 'sent' }, sent.length)
      await rows.markSent(sent)
    }
    await this.#giveBack()
  }

  /** @returns false when it is not sent: tried again later, or given up */
  async #deliver(options: MailQueueOptions, rows: MailRows, notification: Notification) {
    const { unconfirmed, refusals } = notification
    const hopeless = decideWithoutAttempt(unconfirmed, refusals)
    if (hopeless) {
      await this.#store(options, rows, notification, hopeless)
      return false
    }
    const recipients: string[] = []
    // Awaited after a failure too: it may still be under way when the connection breaks.
    let copy: Promise<void> | null = null
    try {
      const compose = await rows.source.compose(notification)
      if (!compose) return true
      const beforeLastLine = () => (copy = rows.countCopy(notification))
      await options.send(
        async (message) => {
          message.messageId(`<${notification.id}@${options.domain}>`)
          await compose(message)
          recipients.push(...recipientsOf(message))
        },
        { beforeLastLine }
      )
    } catch (error) {
      const wholeMessageSent = await wasCounted(copy)
      const outcome = outcomeOf(error, wholeMessageSent)
      const age = Date.now() - notification.created_at.getTime()
      const decided = this.#circuit.open ? decideWhilePaused : decide
      await this.#store(options, rows, notification, decided(outcome, { ...notification, age }))
      if (outcome.kind === 'refused') this.#countRefusal(options, outcome, recipients)
      else if (outcome.kind !== 'invalid') {
        this.#trouble = { reason: outcome.reason, rows, mail: notification.id }
      }
      return false
    }
    this.#resume(options)
    const { id, kind, subject } = notification
    options.logger.debug({ notification: id, kind, [rows.source.subject]: subject }, 'mail sent')
    return true
  }

  async #store(
    { logger }: MailQueueOptions,
    rows: MailRows,
    notification: Notification,
    decision: Decision
  ) {
    await rows.store(notification, decision)
    const { id, kind, attempts } = notification
    const { status, reason } = decision
    const givenUp = status === 'given_up'
    delivered.inc({ module: rows.module, outcome: givenUp ? 'given_up' : 'retried' })
    if (givenUp) logger.error({ notification: id, kind, attempts, reason }, 'mail given up')
    else if ((attempts & (attempts - 1)) === 0) {
      logger.warn({ notification: id, kind, attempts, reason }, 'mail delivery failed, retrying')
    }
  }

  /** A server that refuses a recipient works, unless it refuses everybody. */
  #countRefusal({ logger }: MailQueueOptions, { reason }: Outcome, recipients: string[]) {
    this.#trouble = null
    const opened = recipients.map((recipient) => this.#circuit.refused(recipient)).includes(true)
    if (this.#circuit.open) this.#pausedBy = reason
    if (!opened) return
    mailsPaused.set(1)
    logger.error({ recipients: REFUSED_IN_A_ROW, reason }, 'mail queue paused: circuit open')
  }

  #resume({ logger }: MailQueueOptions) {
    this.#trouble = null
    if (!this.#circuit.delivered()) return
    this.#pausedBy = null
    mailsPaused.set(0)
    logger.info('mail queue resumed')
  }
}

/** The envelope's addresses. */
function recipientsOf(message: Message): string[] {
  const { to = [] } = message.toObject().message
  return to.map((recipient) => (typeof recipient === 'string' ? recipient : recipient.address))
}

/** Whether the copy was counted, so that its last line may have been sent. */
async function wasCounted(copy: Promise<void> | null) {
  if (!copy) return false
  return copy.then(
    () => true,
    () => false
  )
}

export const mailQueue = new MailQueue()
