/*
 * The mail queue: a mail is a row that commits with the change it is about, and is delivered at least once. All copies
 * have the same Message-ID. An unavailable mail server delays mails and loses none.
 *
 * A process leases the rows that it sends, so that no SMTP call runs in a transaction and no two processes send the same
 * mail. It returns leased rows when it stops; if it dies, their lease expires. A mail passes through mail_sender.ts
 * (lease), deliver.ts (content, connection, result) and mail_rows.ts (its row); delivery.ts decides about failures.
 */
import type { Database } from '@adonisjs/lucid/database'
import type { Figures } from '#contracts/ports/figures'
import type { HealthSource } from '#runtime/health_source'
import type { MailLimits } from './connection_limit.ts'
import type { DeliveryOptions } from './deliver.ts'
import { MailRows, type MailSource } from './mail_rows.ts'
import { MailSender } from './mail_sender.ts'
import { MailServer } from './mail_server.ts'
import { countMails, givenUpMails, mailFigures, waitingMails } from './operators/mail_lists.ts'

export interface MailQueueOptions extends DeliveryOptions {
  db: Database
  limits?: MailLimits
  /** Milliseconds between two mails while the queue is paused. */
  probeEvery?: number
}

const LIMITS: MailLimits = { connections: 20, perSecond: null }
const PROBE_EVERY_MS = 30_000
/** Leased mails of a module: for each connection, and for a second of the rate. */
const IN_HAND = { least: 4, most: 400, perConnection: 8 }

export class MailQueue implements HealthSource {
  readonly #sources: MailSource[] = []
  #server: MailServer | null = null
  #senders: MailSender[] = []

  serve(source: MailSource) {
    this.#sources.push(source)
  }

  /** Modules that send mails. */
  get modules(): string[] {
    return this.#sources.map(({ connection }) => connection)
  }

  start({ db, limits = LIMITS, probeEvery = PROBE_EVERY_MS, ...options }: MailQueueOptions) {
    const server = new MailServer(limits, probeEvery, options.logger)
    this.#server = server
    this.#senders = this.#sources.map(
      (source) => new MailSender(new MailRows(db, source), server, options, inHand(limits))
    )
    for (const sender of this.#senders) sender.start(options)
  }

  /** Sends new mails of a module now, or of all modules. */
  wake(module?: string) {
    for (const sender of this.#senders) if (!module || sender.module === module) sender.wake()
  }

  /** Resolves when the mails that are being sent have ended. The leases of the others are returned before that. */
  async stop() {
    this.#server?.close()
    await Promise.all(this.#senders.map((sender) => sender.stop()))
  }

  /** @returns undefined for a module that sends no mails here */
  source(module: string): MailSource | undefined {
    return this.#sources.find(({ connection }) => connection === module)
  }

  counts(db: Database) {
    return Promise.all(this.#sources.map((source) => countMails(db, source)))
  }

  /** The first waiting mail of each subject: held ones, then by the next attempt; at most twice `limit` per module. */
  async waiting(db: Database, limit: number) {
    const found = await Promise.all(this.#sources.map((source) => waitingMails(db, source, limit)))
    return found.flat()
  }

  /** Mails that were given up, newest first, at most `limit` of each module. */
  async givenUp(db: Database, limit: number) {
    const found = await Promise.all(this.#sources.map((source) => givenUpMails(db, source, limit)))
    return found.flat()
  }

  /** The gauges of each module. */
  figures(db: Database): Figures[] {
    return this.#sources.map((source) => mailFigures(db, source))
  }

  warnings(): string[] {
    const ofServer = this.#server?.warnings() ?? []
    return [...ofServer, ...this.#senders.flatMap((sender) => sender.warnings())]
  }
}

function inHand({ connections, perSecond }: MailLimits) {
  const { least, most, perConnection } = IN_HAND
  const needed = Math.min(connections * perConnection, perSecond ?? Infinity, most)
  return Math.max(least, needed)
}

export const mailQueue = new MailQueue()
