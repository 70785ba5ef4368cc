import { randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MailResponse } from '@adonisjs/mail'
import type { MailTransportContract, NodeMailerMessage, Recipient } from '@adonisjs/mail/types'

/** A mail in its file. */
export interface FiledMail {
  id: string
  messageId: string
  at: string
  from: string
  to: string
  subject: string
  text: string
  html: string
}

/**
 * Writes mails to files `<id>.json` instead of sending them. The id is the local part of the Message-ID, so that a mail
 * that is sent again replaces its file.
 */
export class FileTransport implements MailTransportContract {
  readonly #dir: string
  #made: Promise<unknown> | null = null

  constructor(dir: string) {
    this.#dir = dir
  }

  async send(message: NodeMailerMessage) {
    const messageId = message.messageId ?? `<${randomUUID()}@localhost>`
    const id = messageId.replace(/^<|@.*$/g, '').replace(/[^\w.-]/g, '_')
    const mail: FiledMail = {
      id,
      messageId,
      at: new Date().toISOString(),
      from: address(message.from ?? ''),
      to: (message.to ?? []).map(address).join(', '),
      subject: message.subject ?? '',
      text: String(message.text ?? ''),
      html: String(message.html ?? ''),
    }
    this.#made ??= mkdir(this.#dir, { recursive: true })
    await this.#made
    // Renamed when complete, so that the page reads no half-written mail.
    const path = join(this.#dir, `${id}.json`)
    await writeFile(`${path}.part`, JSON.stringify(mail, null, 2))
    await rename(`${path}.part`, path)
    return new MailResponse(messageId, { from: mail.from, to: [mail.to] }, mail)
  }
}

function address(recipient: Recipient) {
  return typeof recipient === 'string' ? recipient : recipient.address
}
