/*
 * Mails that are pending or were given up, for pages and metrics.
 */
import type { Database } from '@adonisjs/lucid/database'
import type { Figures } from '#contracts/ports/figures'
import { boundedCount, COUNT_LIMIT } from '#postgres/bounded_count'
import { run } from '#postgres/run'
import type { MailSource } from './mail_rows.ts'
import { mailsGivenUp, oldestMail, pendingMails } from './metrics.ts'

/** The mails of one module; counted up to 10,001. */
export interface WaitingMails {
  module: string
  pending: number
  /** When the oldest pending mail was created; null without one. */
  since: Date | null
  givenUp: number
}

/** A mail that is not retried any more. */
export interface GivenUpMail {
  module: string
  id: string
  kind: string
  page: string
  error: string | null
  attempts: number
  at: Date
}

type Counted = Omit<WaitingMails, 'module'> & Record<string, unknown>

const WAITING = {
  name: 'mails_waiting',
  text: /* sql */ `select
    ${boundedCount(`notifications where status = 'pending'`)} as pending,
    (select min(created_at) from
      (select created_at from notifications where status = 'pending' limit ${COUNT_LIMIT}) as due) as since,
    ${boundedCount(`notifications where status = 'given_up'`)} as "givenUp"`,
}

export async function waitingMails(db: Database, module: string): Promise<WaitingMails> {
  const [found] = await run<Counted>(db.connection(module), WAITING, [])
  return { module, ...found }
}

/** The newest mails that were given up, at most `limit`. */
export async function givenUpMails(
  db: Database,
  { connection: module, subject, page }: MailSource,
  limit: number
): Promise<GivenUpMail[]> {
  const rows = await db
    .connection(module)
    .from('notifications')
    .where('status', 'given_up')
    .orderBy('created_at', 'desc')
    .limit(limit)
    .select('id', 'kind', 'attempts', 'last_error as error', 'created_at as at')
    .select(`${subject} as subject`)
  return rows.map(({ subject: about, ...mail }) => ({ module, ...mail, page: page(about) }))
}

export function mailFigures(db: Database, module: string): Figures {
  return {
    source: `mails of ${module}`,
    async read() {
      const { pending, since, givenUp } = await waitingMails(db, module)
      const age = since ? Date.now() - since.getTime() : 0
      pendingMails.set({ module }, pending)
      oldestMail.set({ module }, Math.max(0, age) / 1_000)
      mailsGivenUp.set({ module }, givenUp)
    },
    forget() {
      for (const gauge of [pendingMails, oldestMail, mailsGivenUp]) gauge.remove({ module })
    },
  }
}
