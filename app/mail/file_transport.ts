import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MailResponse } from '@adonisjs/mail'
import type { MailTransportContract, NodeMailerMessage } from '@adonisjs/mail/types'
import { createTransport } from 'nodemailer'

/** A mail as the page for reading them shows it. */
export interface FiledMail {
  id: string
  at: string
  to: string
  subject: string
  html: string
  text: string
}

/**
 * Mails as files, for a place without a mail server: `<id>.eml` for programs, `<id>.json` for the page.
 * The id is that of the Message-ID, so that a mail sent again replaces itself.
 */
export class FileTransport implements MailTransportContract {
  readonly #dir: string
  readonly #composer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' })

  constructor(dir: string) {
    this.#dir = dir
  }

  async send(message: NodeMailerMessage) {
    const sent = await this.#composer.sendMail(message as never)
    const id = sent.messageId.replace(/^<|@.*$/g, '').replace(/[^\w.-]/g, '_')
    const filed: FiledMail = {
      id,
      at: new Date().toISOString(),
      to: sent.envelope.to.join(', '),
      subject: message.subject ?? '',
      html: String(message.html ?? ''),
      text: String(message.text ?? ''),
    }
    await mkdir(this.#dir, { recursive: true })
    await this.#write(`${id}.eml`, sent.message as Buffer)
    await this.#write(`${id}.json`, JSON.stringify(filed, null, 2))
    return new MailResponse(sent.messageId, sent.envelope, sent)
  }

  /** Whole or not at all: the page must not read half a mail. */
  async #write(name: string, content: string | Buffer) {
    const path = join(this.#dir, name)
    await writeFile(`${path}.part`, content)
    await rename(`${path}.part`, path)
  }
}
