import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { MailResponse } from '@adonisjs/mail'
import type { MailTransportContract, NodeMailerMessage } from '@adonisjs/mail/types'
import nodemailer, { type Transporter } from 'nodemailer'
import type SMTPPool from 'nodemailer/lib/smtp-pool/index.js'
import type { Options } from 'nodemailer/lib/smtp-transport/index.js'

export interface SendOptions {
  /**
   * Awaited before the last line of the message, the dot that completes it. If it rejects, the line is not sent and
   * the server drops the message. Transports that confirm at once ignore it.
   */
  beforeLastLine?(): Promise<void>
}

export interface PoolOptions {
  maxConnections?: number
  /** Mails after which a connection is closed. */
  maxMessages?: number
}

interface Hooks {
  onConnected(): void
  onRefused(address: string): void
}

/** Private parts of nodemailer 9: the extensions that a connection's server offers. */
interface PoolState {
  _connections: {
    queueEntry?: { mail: unknown } | false
    connection?: { _supportedExtensions: string[] }
  }[]
}

/** In an envelope, domains are Punycode, so only the local part can be beyond ASCII. */
const BEYOND_ASCII = /[^\0-\x7f]/

/**
 * Mails over SMTP. Connections stay open for the next mail; one that was not used for a minute is closed. Errors are
 * nodemailer's, with `command` and `responseCode`, and `connected` if the connection was ready for the mail.
 */
export class SmtpTransport implements MailTransportContract {
  readonly #transporter: Transporter<SMTPPool.SentMessageInfo, SMTPPool.Options>
  #closed = false

  constructor(options: Options & PoolOptions) {
    // The queue decides about retries. By itself the pool would try again, without end, when the server hangs up.
    const pool: SMTPPool.Options & { maxRequeues: 0 } = { ...options, pool: true, maxRequeues: 0 }
    this.#transporter = nodemailer.createTransport(pool)
    this.#transporter.use('stream', (mail, done) => {
      const { beforeLastLine, onConnected, onRefused } = mail.data as SendOptions & Hooks
      const envelopeOf = mail.message.getEnvelope.bind(mail.message)
      // The pool asks for the envelope when it has a connection. It does not send to an envelope without recipients.
      mail.message.getEnvelope = () => {
        const envelope = envelopeOf()
        const needing = envelope.to.find((address) => BEYOND_ASCII.test(address))
        if (!needing || this.#offersSmtpUtf8(mail)) return envelope
        onRefused(needing)
        return { ...envelope, to: [] }
      }
      // The pool asks for the message when it has a connection.
      mail.message.processFunc((message) => {
        onConnected()
        return beforeLastLine ? Readable.from(withLastLine(message, beforeLastLine)) : message
      })
      done()
    })
  }

  async send(message: NodeMailerMessage, { beforeLastLine }: SendOptions = {}) {
    // A closed pool would never answer.
    if (this.#closed) throw new Error('the mail transport is closed')
    let connected = false
    let failed = false
    let refused: string | null = null
    const sent = await this.#transporter
      .sendMail({
        ...message,
        ...{ onConnected: () => (connected = true) },
        ...{ onRefused: (address: string) => (refused = address) },
        ...(beforeLastLine && {
          // nodemailer also reads a message to its end after the server has refused it.
          beforeLastLine: async () => {
            if (failed) throw new Error('the message is not sent')
            await beforeLastLine()
          },
        }),
      })
      .catch((error: Error) => {
        failed = true
        throw Object.assign(needsSmtpUtf8(refused) ?? hungUp(error) ?? error, { connected })
      })
    return new MailResponse(sent.messageId, sent.envelope, sent)
  }

  /** Whether the server of the connection that has this mail offers SMTPUTF8. nodemailer sends without it, too. */
  #offersSmtpUtf8(mail: unknown): boolean {
    const { _connections: connections } = this.#transporter.transporter as unknown as PoolState
    const found = connections.find(({ queueEntry }) => queueEntry && queueEntry.mail === mail)
    return found?.connection?._supportedExtensions.includes('SMTPUTF8') ?? true
  }

  close() {
    this.#closed = true
    this.#transporter.close()
  }
}

/** @param address - the recipient that the server cannot take; null without one */
function needsSmtpUtf8(address: string | null) {
  if (address === null) return null
  const error = new Error(
    `the recipient ${address} has letters beyond ASCII before the @, and the server does not offer SMTPUTF8`
  )
  return Object.assign(error, { code: 'EENVELOPE', command: 'API' })
}

/** The pool's error when the server closed the connection without a word. */
function hungUp(cause: Error) {
  if (!/^Reached maximum number of retries/.test(cause.message)) return null
  const error = new Error('the server closes connections without a greeting', { cause })
  return Object.assign(error, { code: 'ECONNECTION', command: 'CONN' })
}

/** Begins on the next turn of the event loop, when a refusal of the message is known. */
async function* withLastLine(message: Readable, beforeLastLine: () => Promise<void>) {
  await setImmediate()
  yield* message
  await beforeLastLine()
}
