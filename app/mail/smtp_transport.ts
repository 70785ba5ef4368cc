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
      const { beforeLastLine, onConnected } = mail.data as SendOptions & { onConnected(): void }
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
    const sent = await this.#transporter
      .sendMail({
        ...message,
        ...{ onConnected: () => (connected = true) },
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
        throw Object.assign(hungUp(error) ?? error, { connected })
      })
    return new MailResponse(sent.messageId, sent.envelope, sent)
  }

  close() {
    this.#closed = true
    this.#transporter.close()
  }
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
