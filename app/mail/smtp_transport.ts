import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { MailResponse } from '@adonisjs/mail'
import type { MailTransportContract, NodeMailerMessage } from '@adonisjs/mail/types'
import nodemailer, { type Transporter } from 'nodemailer'
import type { Options, SentMessageInfo } from 'nodemailer/lib/smtp-transport/index.js'

export interface SendOptions {
  /**
   * Awaited before the last line of the message, the dot that completes it. If it rejects, the line is not sent and
   * the server drops the message. Transports that confirm at once ignore it.
   */
  beforeLastLine?(): Promise<void>
}

/** Mails over SMTP, one connection each. Errors are nodemailer's, with `command` and `responseCode`. */
export class SmtpTransport implements MailTransportContract {
  readonly #transporter: Transporter<SentMessageInfo>

  constructor(options: Options) {
    this.#transporter = nodemailer.createTransport(options)
    this.#transporter.use('stream', (mail, done) => {
      const { beforeLastLine } = mail.data as SendOptions
      if (beforeLastLine) {
        mail.message.processFunc((message) => Readable.from(withLastLine(message, beforeLastLine)))
      }
      done()
    })
  }

  async send(message: NodeMailerMessage, { beforeLastLine }: SendOptions = {}) {
    let failed = false
    const sent = await this.#transporter
      .sendMail({
        ...message,
        ...(beforeLastLine && {
          // nodemailer also reads a message to its end after the server has refused it.
          beforeLastLine: async () => {
            if (failed) throw new Error('the message is not sent')
            await beforeLastLine()
          },
        }),
      })
      .catch((error: unknown) => {
        failed = true
        throw error
      })
    return new MailResponse(sent.messageId, sent.envelope, sent)
  }
}

/** Begins on the next turn of the event loop, when a refusal of the message is known. */
async function* withLastLine(message: Readable, beforeLastLine: () => Promise<void>) {
  await setImmediate()
  yield* message
  await beforeLastLine()
}
