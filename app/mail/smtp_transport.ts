import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { MailResponse } from '@adonisjs/mail'
import type { MailTransportContract, NodeMailerMessage } from '@adonisjs/mail/types'
import nodemailer, { type Transporter } from 'nodemailer'
import type { Options, SentMessageInfo } from 'nodemailer/lib/smtp-transport/index.js'

/** What a sender may ask of a transport that learns only later whether a message has arrived. */
export interface SendOptions {
  /**
   * Awaited when the whole message is sent except its last line, the dot that makes it count. If it
   * rejects, the line is not sent and the server drops the message.
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
          // nodemailer also reads to the end a message that the server did not want.
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

/** Begins after its reader has had the time to say that it does not want the message. */
async function* withLastLine(message: Readable, beforeLastLine: () => Promise<void>) {
  await setImmediate()
  yield* message
  await beforeLastLine()
}
