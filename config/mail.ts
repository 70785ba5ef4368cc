import { join } from 'node:path'
import { configProvider } from '@adonisjs/core'
import { defineConfig, transports } from '@adonisjs/mail'
import { dataDir } from '#config/app'
import env from '#start/env'

const smtpUrl = env.get('SMTP_URL')

/** Where mails go without a mail server. */
export const mailDir = join(dataDir, 'mail')

/** Whether customers get mails from here: a shop may send its own. */
export const customerMails = env.get('CUSTOMER_MAILS') === 'on'

/** The right side of each Message-ID. */
export const mailDomain = /@([^>\s]+)/.exec(env.get('MAIL_FROM'))?.[1] ?? 'quartermaster.invalid'

/** For people: where mails go. */
export const mailDestination = smtpUrl ? new URL(smtpUrl).host : mailDir

const config = defineConfig({
  default: smtpUrl ? 'smtp' : 'files',
  from: env.get('MAIL_FROM'),
  mailers: {
    smtp: transports.smtp(smtp(smtpUrl ?? 'smtp://127.0.0.1:25')),
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

function smtp(address: string) {
  const { hostname, port, username, password, protocol } = new URL(address)
  return {
    host: hostname,
    port: Number(port || (protocol === 'smtps:' ? 465 : 587)),
    secure: protocol === 'smtps:',
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    ...(username && {
      auth: {
        type: 'login' as const,
        user: decodeURIComponent(username),
        pass: decodeURIComponent(password),
      },
    }),
  }
}
