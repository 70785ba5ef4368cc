import { join } from 'node:path'
import { configProvider } from '@adonisjs/core'
import { defineConfig } from '@adonisjs/mail'
import { dataDir } from '#config/app'
import { smtpOptions } from '#mail/smtp_options'
import env from '#start/env'

const smtpUrl = env.get('SMTP_URL')

/** Folder of mails, when there is no mail server. */
export const mailDir = join(dataDir, 'mail')

/** Whether mails are written to files, because there is no mail server. */
export const toFiles = !smtpUrl

/** Whether the app sends mails to customers. A shop may send its own. */
export const customerMails = env.get('CUSTOMER_MAILS') === 'on'

/** What the mail server allows one process. Files have no limits. */
export const mailLimits = {
  connections: smtpUrl ? env.get('SMTP_CONNECTIONS') : 20,
  perSecond: (smtpUrl && env.get('SMTP_MAILS_PER_SECOND')) || null,
}

/** Domain of each Message-ID. */
export const mailDomain = /@([^>\s]+)/.exec(env.get('MAIL_FROM'))?.[1] ?? 'quartermaster.invalid'

/** Destination of mails, for display. */
export const mailDestination = smtpUrl ? new URL(smtpUrl).host : mailDir

const config = defineConfig({
  default: smtpUrl ? 'smtp' : 'files',
  from: env.get('MAIL_FROM'),
  mailers: {
    smtp: configProvider.create(async () => {
      const { SmtpTransport } = await import('#mail/smtp_transport')
      const options = smtpOptions(smtpUrl ?? 'smtp://127.0.0.1:25', env.get('SMTP_TLS'))
      const { connections: maxConnections } = mailLimits
      const maxMessages = env.get('SMTP_MAILS_PER_CONNECTION')
      return () => new SmtpTransport({ ...options, maxConnections, maxMessages })
    }),
    files: configProvider.create(async () => {
      const { FileTransport } = await import('#mail/file_transport')
      return () => new FileTransport(mailDir)
    }),
  },
})

export default config

declare module '@adonisjs/mail/types' {
  interface MailersList extends InferMailers<typeof config> {}
}
