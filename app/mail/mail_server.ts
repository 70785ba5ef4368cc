/*
 * What the queue knows about the mail server. The senders of all modules share it.
 */
import type { Logger } from '@adonisjs/core/logger'
import { ConnectionLimit, type MailLimits } from './connection_limit.ts'
import type { Outcome } from './delivery.ts'
import { mailsPaused } from './metrics.ts'
import { REFUSED_IN_A_ROW, RefusalCircuit } from './refusal_circuit.ts'

export interface FailedDelivery {
  outcome: Outcome
  recipients: string[]
}

/** What a failed delivery means for its mail. */
export type Verdict =
  | 'counts'
  /** The queue is paused: a refusal is the fault of the server. */
  | 'counts while paused'
  /** Other connections work: the mail waits for one of them. */
  | 'waits'

export class MailServer {
  readonly #limit: ConnectionLimit
  readonly #circuit: RefusalCircuit
  readonly #logger: Logger
  /** The server's last refusal, while the queue is paused. */
  #pausedBy: string | null = null
  /** The last failure that may affect other mails too. */
  failure: { reason: string; module: string; mail: string } | null = null

  constructor(limits: MailLimits, probeEvery: number, logger: Logger) {
    this.#limit = new ConnectionLimit(limits)
    this.#circuit = new RefusalCircuit(probeEvery)
    this.#logger = logger
    mailsPaused.set(0)
  }

  /** While the queue is paused, only probes are sent. */
  get paused() {
    return this.#circuit.open
  }

  /** Whether a probe is due, while the queue is paused. */
  get probeDue() {
    return this.#circuit.probeDue()
  }

  warnings(): string[] {
    if (this.#pausedBy === null) return this.failure ? [`mail: ${this.failure.reason}`] : []
    return [
      `mail: paused, because ${REFUSED_IN_A_ROW} recipients in a row were refused. One mail is tried at a time, and the first that is delivered resumes the queue. Last refusal: ${this.#pausedBy}`,
    ]
  }

  /**
   * Waits for a connection.
   *
   * @param until - milliseconds since 1970, after which the mail must not begin
   * @returns false if the mail must not be sent now; otherwise call `delivered`, `failed` or `interrupted`
   */
  async begin(until: number, { probe = false } = {}): Promise<boolean> {
    if (!(await this.#limit.take())) return false
    if (Date.now() < until && (!this.paused || (probe && this.#circuit.takeProbe()))) return true
    this.#limit.end()
    return false
  }

  delivered() {
    this.#limit.delivered()
    this.failure = null
    if (!this.#circuit.delivered()) return
    this.#pausedBy = null
    mailsPaused.set(0)
    this.#logger.info('mail queue resumed')
  }

  /** This process broke off the mail: neither a success nor a failure of the server. */
  interrupted() {
    this.#limit.end()
  }

  failed(module: string, mail: string, { outcome, recipients }: FailedDelivery): Verdict {
    const { kind, reason } = outcome
    const verdict = this.paused ? 'counts while paused' : 'counts'
    if (kind === 'disconnected' || kind === 'misconfigured') {
      if (this.#limit.failed()) return 'waits'
    } else {
      this.#limit.end()
    }
    if (kind === 'refused') this.#countRefusal(reason, recipients)
    else if (kind !== 'invalid') this.failure = { reason, module, mail }
    return verdict
  }

  /** Every mail that waits for a connection is not begun. */
  close() {
    this.#limit.close()
  }

  /** Refusing one recipient is no fault of the server, but refusing all of them is. */
  #countRefusal(reason: string, recipients: string[]) {
    this.failure = null
    const opened = recipients.map((recipient) => this.#circuit.refused(recipient)).includes(true)
    if (this.paused) this.#pausedBy = reason
    if (!opened) return
    mailsPaused.set(1)
    this.#logger.error({ recipients: REFUSED_IN_A_ROW, reason }, 'mail queue paused: circuit open')
  }
}
