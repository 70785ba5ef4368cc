/*
 * Whether this process serves requests, and its warnings for operators.
 */
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { modules } from '#config/database'
import messaging from '#messaging/service'
import type { HealthSource } from '#runtime/health_source'

type Phase = 'starting' | 'running' | 'draining'

/** Figures from a database; `refresh` reads them at most once every few seconds. */
interface Refreshed {
  refresh(): Promise<void>
}

let phase: Phase = 'starting'
const figures: Refreshed[] = []
const sources = new Set<HealthSource>()

/** Adds the warnings of a part of the process to its readiness. */
export function observe(source: HealthSource) {
  sources.add(source)
}

/** Adds the warnings of a source whose figures must be refreshed first. */
export function observeFigures(read: Refreshed, source: HealthSource) {
  figures.push(read)
  sources.add(source)
}

export function enter(next: Phase) {
  phase = next
}

/** `stuck` lists faults that only a restart fixes. A process whose event loop hangs does not respond at all. */
export function liveness() {
  const stuck = messaging.fatal()
  return { status: stuck.length > 0 ? 'stuck' : 'ok', stuck }
}

export interface Readiness {
  /** `unavailable`: starting, draining or without a database. `degraded`: orders are accepted. */
  status: 'ok' | 'degraded' | 'unavailable'
  transport: string
  degraded: string[]
}

/** Without a broker the process stays ready: orders are accepted, and no other instance has a broker either. */
export async function readiness(): Promise<Readiness> {
  const transport = messaging.transport.name
  if (phase !== 'running') return { status: 'unavailable', transport, degraded: [phase] }
  const error = await databaseError()
  if (error) return { status: 'unavailable', transport, degraded: [`database: ${error}`] }
  await Promise.all(figures.map((read) => read.refresh()))
  const degraded = [...messaging.warnings(), ...[...sources].flatMap((source) => source.warnings())]
  return { status: degraded.length > 0 ? 'degraded' : 'ok', transport, degraded }
}

/**
 * The part of a report that everyone may read. A warning is "component: cause", and only the component is left: a cause
 * may be an error of a driver, with hosts and ports.
 */
export function publicReport<Report extends Partial<Record<'degraded' | 'stuck', string[]>>>(
  report: Report
): Report {
  const components = (warnings: string[]) => [
    ...new Set(warnings.map((warning) => warning.split(': ', 1)[0])),
  ]
  const { degraded, stuck } = report
  return {
    ...report,
    ...(degraded && { degraded: components(degraded) }),
    ...(stuck && { stuck: components(stuck) }),
  }
}

/** Logged once per outage, because probes without a token do not see it. */
let outage: string | null = null

async function databaseError(): Promise<string | null> {
  try {
    await Promise.all(modules.map((module) => db.connection(module).rawQuery('select 1')))
    outage = null
  } catch (error) {
    const { message } = error as Error
    if (outage === null) logger.warn({ reason: message }, 'database unreachable, process not ready')
    outage = message
  }
  return outage
}
