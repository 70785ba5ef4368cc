/*
 * Whether this process serves requests, and its warnings for operators.
 */
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

async function databaseError(): Promise<string | null> {
  try {
    await Promise.all(modules.map((module) => db.connection(module).rawQuery('select 1')))
    return null
  } catch (error) {
    return (error as Error).message
  }
}
