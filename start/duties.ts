/*
 * What a process does beside answering requests: the web process all of it, unless WORK=off; a worker
 * what it was told to.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApplicationService } from '@adonisjs/core/types'
import { runsHere } from '#config/database'
import { DigestWorker } from '#inventory/low_stock/digest_worker'
import { importWorker } from '#inventory/imports/import_worker'
import { mailQueue } from '#mail/queue'
import { observe } from '#operations/readiness'
import { retention } from '#operations/retention'
import { Sweeper } from '#orders/sweeper'
import { forgettings } from '#start/retention'

export const DUTIES = [
  'relay',
  'consumers',
  'mail',
  'sweeper',
  'imports',
  'digests',
  'retention',
] as const
export type Duty = (typeof DUTIES)[number]

/** Whoever ends a process kills it some seconds later: Docker after ten. */
const ENDS_WITHIN_MS = 6_000

/** Ends what a duty has begun. */
type End = () => Promise<void> | void

const ends: End[] = []

/** Why these duties cannot be one process's; null when they can. */
export function objection(duties: readonly Duty[], transport: string): string | null {
  const [relay, consumers] = [duties.includes('relay'), duties.includes('consumers')]
  if (transport === 'embedded' && relay !== consumers) {
    return 'Without Kafka the relay hands messages to the consumers of its own process: leave both on, or switch both off.'
  }
  if (!relay && (duties.includes('sweeper') || duties.includes('retention'))) {
    return 'Sweeper and retention work where the relay leads: leave it on, or switch them off too.'
  }
  return null
}

export async function takeUp(app: ApplicationService, duties: readonly Duty[]) {
  const has = (duty: Duty) => duties.includes(duty)
  const messaging = await app.container.make('messaging')
  messaging.start(messaging.transport(), { relay: has('relay'), consumers: has('consumers') })
  if (has('mail')) ends.push(await sendMail(app))
  if (has('sweeper') && runsHere('orders')) ends.push(await sweep(app))
  if (has('imports') && runsHere('inventory')) ends.push(await workOnImports(app))
  if (has('digests') && runsHere('inventory')) ends.push(await gatherDigests(app))
  if (has('retention')) ends.push(await forget(app))
}

/** Nothing more is begun, and what is under way is finished; a mail server that stalls is not waited for long. */
export async function layDown(app: ApplicationService) {
  const messaging = await app.container.make('messaging')
  const ended = Promise.all(ends.splice(0).map((end) => end()))
  const late = sleep(ENDS_WITHIN_MS, undefined, { ref: false })
  await Promise.all([messaging.stop(), Promise.race([ended, late])])
}

async function sendMail(app: ApplicationService): Promise<End> {
  const { mailDomain } = await import('#config/mail')
  const mail = await app.container.make('mail.manager')
  mailQueue.start({
    db: await app.container.make('lucid.db'),
    logger: await app.container.make('logger'),
    domain: mailDomain,
    send: (compose) => mail.use().send(compose),
  })
  observe(mailQueue)
  return () => mailQueue.stop()
}

async function sweep(app: ApplicationService): Promise<End> {
  const { answerTimeout } = await import('#config/orders')
  const db = await app.container.make('lucid.db')
  const messaging = await app.container.make('messaging')
  const sweeper = new Sweeper({
    client: () => db.connection('orders'),
    leads: () => messaging.leads('orders'),
    answerTimeout,
    logger: await app.container.make('logger'),
  })
  observe(sweeper)
  sweeper.start()
  return () => sweeper.stop()
}

async function workOnImports(app: ApplicationService): Promise<End> {
  importWorker.start(await app.container.make('logger'))
  observe(importWorker)
  return () => importWorker.stop()
}

async function gatherDigests(app: ApplicationService): Promise<End> {
  const staff = await app.container.make('staffDirectory')
  const digests = new DigestWorker(staff, await app.container.make('logger'))
  observe(digests)
  digests.start()
  return () => digests.stop()
}

/** What nobody needs any longer goes, where the module's relay leads. */
async function forget(app: ApplicationService): Promise<End> {
  const db = await app.container.make('lucid.db')
  const messaging = await app.container.make('messaging')
  retention.use(forgettings(db, messaging), await app.container.make('logger'))
  observe(retention)
  retention.start()
  return () => retention.stop()
}
