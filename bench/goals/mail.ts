/*
 * B8: mails to a server that answers each command after 50 ms. Orders must not wait for it.
 */
import { describeMachine } from '../report.ts'
import type { Endings } from '../under_test/endings.ts'
import { startMailServer } from '../under_test/mail_server.ts'
import { short, type GoalOptions, type GoalReport } from './goal_report.ts'
import { Session } from './session.ts'

const RATE = 150
const ANSWER_MS = 50

export async function mail(options: GoalOptions, endings: Endings): Promise<GoalReport> {
  const machine = describeMachine()
  const { seconds, warmUpSeconds } = options
  const load = { rate: RATE, seconds, warmUpSeconds }
  const silent = await Session.open(options, endings)
  const { figures: without } = await silent.load(load)
  const faults = await silent.end()

  const server = await startMailServer(ANSWER_MS, endings)
  const env = { CUSTOMER_MAILS: 'on', SMTP_URL: server.url, SMTP_TLS: 'off' }
  const session = await Session.open({ ...options, env }, endings, silent.stage)
  const { figures: mailing } = await session.load(load)
  const steady = await sentMails(session)
  await session.load({ connections: 32, seconds })
  const all = await sentMails(session)
  faults.push(...(await session.end()))
  const received = await server.received()
  return {
    scenario: 'mail',
    machine,
    options,
    goals: [
      {
        id: 'B8',
        what: 'mails per second from a backlog',
        value: (all.count - steady.count) / (all.last - all.afterFirst(steady.last)),
        least: 200,
      },
      {
        id: 'B8',
        what: `seconds until the latest mail at ${RATE} orders/s`,
        value: steady.latest,
        most: 5,
      },
      {
        id: 'B8',
        what: 'p50 of orders ÷ p50 without mails',
        value: mailing.settledMs.p50 / without.settledMs.p50,
        most: 1.1,
      },
    ],
    notes: [
      `p50 ${short(without.settledMs.p50)} ms without, ${short(mailing.settledMs.p50)} ms with mails`,
      `${received.mails} mails received, on up to ${received.connectionsAtOnce} connections`,
    ],
    faults,
  }
}

/** Seconds. */
async function sentMails({ running: { database } }: Session) {
  const rows = await database.query<{ at: number; after: number }>(
    `select extract(epoch from sent_at)::float8 as at, extract(epoch from sent_at - created_at)::float8 as after
     from orders.notifications where sent_at is not null order by sent_at`
  )
  return {
    count: rows.length,
    last: rows.at(-1)?.at ?? 0,
    latest: rows.reduce((most, { after }) => Math.max(most, after), 0),
    afterFirst: (moment: number) => rows.find(({ at }) => at > moment)?.at ?? moment,
  }
}
