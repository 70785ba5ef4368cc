import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, rename, writeFile } from 'node:fs/promises'
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
    this.#made ??= privateFolder(this.#dir)
    await this.#made
    // Renamed when complete, so that the page reads no half-written mail.
    const path = join(this.#dir, `${id}.json`)
    await writeFile(`${path}.part`, JSON.stringify(mail, null, 2), { mode: 0o600 })
    await rename(`${path}.part`, path)
    return new MailResponse(messageId, { from: mail.from, to: [mail.to] }, mail)
  }
}

/** Makes the folder, and lets only its owner read it and the mails in it, also those of earlier releases. */
export async function privateFolder(dir: string) {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await chmod(dir, 0o700)
  for (const name of await readdir(dir)) {
    // Another process may rename a file that it has just written.
    await chmod(join(dir, name), 0o600).catch(() => {})
  }
}

function address(recipient: Recipient) {
  return typeof recipient === 'string' ? recipient : recipient.address
}
