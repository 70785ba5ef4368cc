/*
 * The background workers of a process: all of them in the web process unless WORK=off, or those that
 * `messaging:work` selects.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApplicationService } from '@adonisjs/core/types'
import { runsHere, type ModuleName } from '#config/database'
import { DigestWorker } from '#inventory/low_stock/digest_worker'
import { importWorker } from '#inventory/imports/import_worker'
import { privateFolder } from '#mail/file_transport'
import { mailQueue, type MailQueueOptions } from '#mail/queue'
import { observe } from '#operations/health/readiness'
import { retention } from '#operations/workers/retention'
import { WorkerHeartbeat } from '#operations/workers/worker_heartbeat'
import { Sweeper } from '#orders/stock_replies/sweeper'
import type { HealthSource } from '#runtime/health_source'
import type { PollingWorker } from '#runtime/polling_worker'
import { retentionRules } from '#start/workers/retention_rules'

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

interface Worker extends HealthSource {
  /** Resolves when the work in progress has ended. */
  stop(): Promise<void>
}

const running: Worker[] = []

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
  const messaging = await app.container.make('messaging')
  const db = await app.container.make('lucid.db')
  const logger = await app.container.make('logger')
  const has = (worker: WorkerName) => workers.includes(worker)
  messaging.start(messaging.createTransport(), { relay: has('relay'), consumers: has('consumers') })

  // Reports the roles also while they stand by or wait for a broker.
  const heartbeat = new WorkerHeartbeat(
    messaging.config.modules.map(({ name }) => ({
      client: () => db.connection(name),
      roles: rolesOf(name, workers),
    }))
  )
  heartbeat.start({ logger })
  running.push(heartbeat)
  const started = (worker: Worker) => {
    observe(worker)
    running.push(worker)
  }
  const run = (worker: PollingWorker) => {
    worker.start({ logger })
    started(worker)
  }
  if (has('mail')) {
    const {
      mailDomain: domain,
      mailLimits: limits,
      mailDir,
      toFiles,
    } = await import('#config/mail')
    if (toFiles) await privateFolder(mailDir)
    const mail = await app.container.make('mail.manager')
    const send: MailQueueOptions['send'] = (compose, options) => mail.use().send(compose, options)
    mailQueue.start({ db, logger, domain, limits, send })
    started(mailQueue)
  }
  if (has('sweeper') && runsHere('orders')) {
    const { replyTimeout } = await import('#config/orders')
    const client = () => db.connection('orders')
    run(new Sweeper({ client, leads: () => messaging.leads('orders'), replyTimeout, logger }))
  }
  if (has('imports') && runsHere('inventory')) run(importWorker)
  if (has('digests') && runsHere('inventory')) {
    run(new DigestWorker(await app.container.make('staffDirectory')))
  }
  if (has('retention')) {
    retention.use(retentionRules(db, messaging), logger)
    run(retention)
  }
}

/** Finishes the work in progress, but waits only a few seconds for a mail server that stalls. */
export async function stopWorkers(app: ApplicationService) {
  const messaging = await app.container.make('messaging')
  const ended = Promise.all(running.splice(0).map((worker) => worker.stop()))
  const late = sleep(ENDS_WITHIN_MS, undefined, { ref: false })
  await Promise.all([messaging.stop(), Promise.race([ended, late])])
}
