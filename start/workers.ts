/*
 * The background workers of a process: all of them in the web process unless WORK=off, or those that
 * `messaging:work` selects.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApplicationService } from '@adonisjs/core/types'
import { runsHere, type ModuleName } from '#config/database'
import { DigestWorker } from '#inventory/low_stock/digest_worker'
import { importWorker } from '#inventory/imports/import_worker'
import { mailQueue } from '#mail/queue'
import { observe } from '#operations/readiness'
import { retention } from '#operations/retention'
import { WorkerHeartbeat } from '#operations/worker_heartbeat'
import { Sweeper } from '#orders/sweeper'
import { forgettings } from '#start/retention'

export const WORKERS = [
  'relay',
  'consumers',
  'mail',
  'sweeper',
  'imports',
  'digests',
  'retention',
] as const
export type WorkerName = (typeof WORKERS)[number]

/** Workers that belong to one module. */
const OF_ONE_MODULE: Partial<Record<WorkerName, ModuleName>> = {
  sweeper: 'orders',
  imports: 'inventory',
  digests: 'inventory',
}

/** Supervisors kill a process some seconds after the signal, Docker after ten. */
const ENDS_WITHIN_MS = 6_000

/** Stops a worker. */
type Stop = () => Promise<void> | void

const stops: Stop[] = []

/** Why these workers cannot run in one process; null when they can. */
export function invalidCombination(
  workers: readonly WorkerName[],
  transport: { isProcessLocal: boolean }
): string | null {
  const [relay, consumers] = [workers.includes('relay'), workers.includes('consumers')]
  if (transport.isProcessLocal && relay !== consumers) {
    return 'Without Kafka the relay delivers only to consumers in its own process. Switch both on, or both off.'
  }
  if (!relay && (workers.includes('sweeper') || workers.includes('retention'))) {
    return 'Sweeper and retention run where the relay leads. Switch the relay on, or all of them off.'
  }
  return null
}

/** The workers that have work in a module. */
export function rolesOf(module: string, workers: readonly WorkerName[] = WORKERS): WorkerName[] {
  return workers.filter((worker) => (OF_ONE_MODULE[worker] ?? module) === module)
}

export async function startWorkers(app: ApplicationService, workers: readonly WorkerName[]) {
  const has = (worker: WorkerName) => workers.includes(worker)
  const messaging = await app.container.make('messaging')
  messaging.start(messaging.createTransport(), { relay: has('relay'), consumers: has('consumers') })
  stops.push(await reportRoles(app, workers))
  if (has('mail')) stops.push(await sendMail(app))
  if (has('sweeper') && runsHere('orders')) stops.push(await sweep(app))
  if (has('imports') && runsHere('inventory')) stops.push(await processImports(app))
  if (has('digests') && runsHere('inventory')) stops.push(await composeDigests(app))
  if (has('retention')) stops.push(await runRetention(app))
}

/** Finishes the work in progress, but waits only a few seconds for a mail server that stalls. */
export async function stopWorkers(app: ApplicationService) {
  const messaging = await app.container.make('messaging')
  const ended = Promise.all(stops.splice(0).map((stop) => stop()))
  const late = sleep(ENDS_WITHIN_MS, undefined, { ref: false })
  await Promise.all([messaging.stop(), Promise.race([ended, late])])
}

/** Reports the roles of this process, also while they stand by or wait for a broker. */
async function reportRoles(app: ApplicationService, workers: readonly WorkerName[]): Promise<Stop> {
  const db = await app.container.make('lucid.db')
  const { config } = await app.container.make('messaging')
  const heartbeat = new WorkerHeartbeat(
    config.modules.map(({ name }) => ({
      client: () => db.connection(name),
      roles: rolesOf(name, workers),
    }))
  )
  heartbeat.start({ logger: await app.container.make('logger') })
  return () => heartbeat.stop()
}

async function sendMail(app: ApplicationService): Promise<Stop> {
  const { mailDomain } = await import('#config/mail')
  const mail = await app.container.make('mail.manager')
  mailQueue.start({
    db: await app.container.make('lucid.db'),
    logger: await app.container.make('logger'),
    domain: mailDomain,
    send: (compose, options) => mail.use().send(compose, options),
  })
  observe(mailQueue)
  return () => mailQueue.stop()
}

async function sweep(app: ApplicationService): Promise<Stop> {
  const { replyTimeout } = await import('#config/orders')
  const db = await app.container.make('lucid.db')
  const messaging = await app.container.make('messaging')
  const logger = await app.container.make('logger')
  const sweeper = new Sweeper({
    client: () => db.connection('orders'),
    leads: () => messaging.leads('orders'),
    replyTimeout,
    logger,
  })
  observe(sweeper)
  sweeper.start({ logger })
  return () => sweeper.stop()
}

async function processImports(app: ApplicationService): Promise<Stop> {
  importWorker.start({ logger: await app.container.make('logger') })
  observe(importWorker)
  return () => importWorker.stop()
}

async function composeDigests(app: ApplicationService): Promise<Stop> {
  const staff = await app.container.make('staffDirectory')
  const digests = new DigestWorker(staff)
  observe(digests)
  digests.start({ logger: await app.container.make('logger') })
  return () => digests.stop()
}

/** Deletes expired data of each module in the process that leads its relay. */
async function runRetention(app: ApplicationService): Promise<Stop> {
  const db = await app.container.make('lucid.db')
  const messaging = await app.container.make('messaging')
  const logger = await app.container.make('logger')
  retention.use(forgettings(db, messaging), logger)
  observe(retention)
  retention.start({ logger })
  return () => retention.stop()
}
