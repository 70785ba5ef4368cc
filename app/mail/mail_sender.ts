/*
 * Sends the mails of one module, several at once. A lease takes at most one mail of each subject, and the next one only
 * after that is marked as sent or given up, so that mails of one subject stay in order.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { PollingWorker } from '#runtime/polling_worker'
import { inTrace } from '#runtime/trace_context'
import { Wakeup } from '#runtime/wakeup'
import { deliver, type DeliveryOptions } from './deliver.ts'
import type { MailRows, Notification } from './mail_rows.ts'
import type { MailServer } from './mail_server.ts'

const POLL_MS = 1_000
/** Mails of many commits share a lease, unless there are enough to fill one. */
const LEASE_EVERY_MS = 100

export class MailSender extends PollingWorker {
  readonly #rows: MailRows
  readonly #server: MailServer
  readonly #options: DeliveryOptions
  /** Maximum number of leased mails. */
  readonly #most: number
  readonly #inHand = new Set<Promise<void>>()
  readonly #ended = new Wakeup()
  /** Why a result could not be stored: the lease of its mail expires. */
  #failure: string | null = null

  constructor(rows: MailRows, server: MailServer, options: DeliveryOptions, most: number) {
    super({ name: 'mail', interval: POLL_MS })
    this.#rows = rows
    this.#server = server
    this.#options = options
    this.#most = most
  }

  get module() {
    return this.#rows.module
  }

  /** Resolves when the mails that are being sent have ended, and the leases of the others are returned. */
  override async stop() {
    await super.stop()
    await Promise.all(this.#inHand)
  }

  override warnings() {
    return this.#failure ? [`mail: ${this.#failure}`] : super.warnings()
  }

  protected async poll(signal: AbortSignal) {
    await this.#forgetFailure()
    if (this.#server.paused) return this.#probe(signal)
    const room = await this.#room(signal)
    if (signal.aborted) return false
    const leased = await this.#rows.lease(room)
    this.#failure = null
    for (const mail of leased) void this.#deliver(mail, signal)
    if (leased.length === room) return true
    if (leased.length > 0) await sleep(LEASE_EVERY_MS, undefined, { signal }).catch(() => {})
    return false
  }

  /** Sends one mail while the queue is paused, one that was never refused if there is any. */
  async #probe(signal: AbortSignal) {
    if (!this.#server.probeDue) return false
    const [mail] = await this.#rows.lease(1, { refusedLast: true })
    if (mail) await this.#deliver(mail, signal, { probe: true })
    return false
  }

  /** Ends the warning about a mail that was sent or given up meanwhile, here or by another process. */
  async #forgetFailure() {
    const { failure } = this.#server
    if (failure?.module !== this.module || (await this.#rows.isPending(failure.mail))) return
    if (this.#server.failure === failure) this.#server.failure = null
  }

  /** Waits until a quarter of the mails in hand have ended. @returns how many more can be leased */
  async #room(signal: AbortSignal) {
    const room = () => this.#most - this.#inHand.size
    while (!signal.aborted && room() < this.#most / 4) await this.#ended.wait(POLL_MS)
    return room()
  }

  async #deliver(mail: Notification, signal: AbortSignal, { probe } = { probe: false }) {
    const context = { ...this.#options, rows: this.#rows, server: this.#server, signal, probe }
    const delivery = inTrace(mail.traceparent, () => deliver(mail, context))
      .catch((error: Error) => {
        this.#failure = error.message
      })
      .finally(() => {
        this.#inHand.delete(delivery)
        this.#ended.raise()
      })
    this.#inHand.add(delivery)
    await delivery
  }
}
