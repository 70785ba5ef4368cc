/*
 * The mail queue: a mail is a row that commits with the change it is about, and is delivered at least once. All copies
 * have the same Message-ID. An unavailable mail server delays mails and loses none.
 *
 * A process leases the rows that it sends, so that no SMTP call runs in a transaction and no two processes send the same
 * mail. It returns leased rows when it stops; if it dies, their lease expires. delivery.ts decides about failures.
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
  /** @throws the error of the transport */
  send(compose: MessageComposeCallback, options: SendOptions): Promise<unknown>
  /** The domain of each Message-ID. */
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
  /** Returns the leased mails that are not begun. */
  #returnLeases = async () => {}
  /** The last failure that may affect other mails too; without a mail if the rows could not be read or written. */
  #failure: { reason: string; rows: MailRows; mail: string | null } | null = null
  /** The server's last refusal, while the queue is paused. */
  #pausedBy: string | null = null

  constructor() {
    super({ name: 'mail', interval: POLL_MS })
  }

  serve(source: MailSource) {
    this.#sources.push(source)
  }

  /** Modules that send mails. */
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
    // Before the current mail is sent, which may take longer than the shutdown allows.
    await this.#returnLeases().catch(() => {})
    await ended
  }

  /** The pending mails of each module. */
  waiting(db: Database) {
    return Promise.all(this.modules.map((module) => waitingMails(db, module)))
  }

  /** Mails that were given up, newest first, at most `limit` of each module. */
  async givenUp(db: Database, limit: number) {
    const found = await Promise.all(this.#sources.map((source) => givenUpMails(db, source, limit)))
    return found.flat()
  }

  /** The gauges of each module. */
  figures(db: Database): Figures[] {
    return this.modules.map((module) => mailFigures(db, module))
  }

  override warnings(): string[] {
    if (this.#pausedBy === null) return this.#failure ? [`mail: ${this.#failure.reason}`] : []
    return [
      `mail: paused, because ${REFUSED_IN_A_ROW} recipients in a row were refused. One mail is tried at a time, and the first that is delivered resumes the queue. Last refusal: ${this.#pausedBy}`,
    ]
  }

  protected async poll(signal: AbortSignal) {
    if (this.#circuit.open && !this.#circuit.takeProbe()) return false
    let due = 0
    for (const rows of this.#lists) due = Math.max(due, await this.#sendDue(rows, signal))
    return due === BATCH
  }

  /** Sends a batch. @returns how many mails were due, up to a batch */
  async #sendDue(rows: MailRows, signal: AbortSignal) {
    try {
      const leased = await (this.#circuit.open
        ? rows.lease(1, { refusedLast: true })
        : rows.lease(BATCH))
      const due = leased.length
      await this.#clearFailure(rows)
      await this.#deliverAll(rows, leased, signal)
      return due
    } catch (error) {
      this.#failure = { reason: (error as Error).message, rows, mail: null }
      return 0
    }
  }

  /** Ends the warning about a failure once its mail is no longer pending, or its rows can be read again. */
  async #clearFailure(rows: MailRows) {
    const failure = this.#failure
    if (failure?.rows !== rows) return
    if (failure.mail === null || !(await rows.isPending(failure.mail))) this.#failure = null
  }

  /** Marks sent mails in one statement at the end. After a crash before it, they are sent again under the same ids. */
  async #deliverAll(rows: MailRows, due: Notification[], signal: AbortSignal) {
    const options = this.#options!
    const sent: string[] = []
    const leased = Date.now()
    const probes = this.#circuit.open
    this.#returnLeases = () => rows.returnLeases(due.splice(0))
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
    await this.#returnLeases()
  }

  /** @returns false if the mail is not sent: it is retried later, or given up */
  async #deliver(options: MailQueueOptions, rows: MailRows, notification: Notification) {
    const { unconfirmed, refusals } = notification
    const hopeless = decideWithoutAttempt(unconfirmed, refusals)
    if (hopeless) {
      await this.#store(options, rows, notification, hopeless)
      return false
    }
    const recipients: string[] = []
    // Also awaited after a failure: it may still run when the connection breaks.
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
        this.#failure = { reason: outcome.reason, rows, mail: notification.id }
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

  /** Refusing one recipient is no fault of the server, but refusing all of them is. */
  #countRefusal({ logger }: MailQueueOptions, { reason }: Outcome, recipients: string[]) {
    this.#failure = null
    const opened = recipients.map((recipient) => this.#circuit.refused(recipient)).includes(true)
    if (this.#circuit.open) this.#pausedBy = reason
    if (!opened) return
    mailsPaused.set(1)
    logger.error({ recipients: REFUSED_IN_A_ROW, reason }, 'mail queue paused: circuit open')
  }

  #resume({ logger }: MailQueueOptions) {
    this.#failure = null
    if (!this.#circuit.delivered()) return
    this.#pausedBy = null
    mailsPaused.set(0)
    logger.info('mail queue resumed')
  }
}

function recipientsOf(message: Message): string[] {
  const { to = [] } = message.toObject().message
  return to.map((recipient) => (typeof recipient === 'string' ? recipient : recipient.address))
}

/** Whether the copy was counted: then its last line may have been sent. */
async function wasCounted(copy: Promise<void> | null) {
  if (!copy) return false
  return copy.then(
    () => true,
    () => false
  )
}

export const mailQueue = new MailQueue()
