/*
 * Whether this process takes requests, and what an operator should know while it does.
 */
import db from '@adonisjs/lucid/services/db'
import { modules } from '#config/database'
import messaging from '#messaging/service'

type Phase = 'starting' | 'running' | 'draining'

interface Part {
  /** What an operator should know, in words; empty while all is well. */
  degraded(): string[]
}

/** Facts that are read from a database, at most once in a few seconds. */
interface Read {
  refresh(): Promise<void>
}

let phase: Phase = 'starting'
const reads: Read[] = []
const parts = new Set<Part>()

/** From now on a part of the process has a say. */
export function observe(part: Part) {
  parts.add(part)
}

/** So has what is read before it is asked. */
export function watchMessages(read: Read, part: Part) {
  reads.push(read)
  parts.add(part)
}

export function enter(next: Phase) {
  phase = next
}

/** Not empty only when this process cannot help itself; one whose event loop is stuck answers nothing at all. */
export function liveness() {
  const stuck = messaging.stuck()
  return { status: stuck.length > 0 ? 'stuck' : 'ok', stuck }
}

export interface Readiness {
  /** `unavailable`: starting, draining or without a database. `degraded`: orders are accepted. */
  status: 'ok' | 'degraded' | 'unavailable'
  transport: string
  degraded: string[]
}

/** A broker that is away makes nobody unready: orders are accepted, and pulling every instance helps nobody. */
export async function readiness(): Promise<Readiness> {
  const transport = messaging.transportName
  if (phase !== 'running') return { status: 'unavailable', transport, degraded: [phase] }
  const away = await databaseAway()
  if (away) return { status: 'unavailable', transport, degraded: [`database: ${away}`] }
  await Promise.all(reads.map((read) => read.refresh()))
  const degraded = [...messaging.degraded(), ...[...parts].flatMap((part) => part.degraded())]
  return { status: degraded.length > 0 ? 'degraded' : 'ok', transport, degraded }
}

async function databaseAway(): Promise<string | null> {
  try {
    await Promise.all(modules.map((module) => db.connection(module).rawQuery('select 1')))
    return null
  } catch (error) {
    return (error as Error).message
  }
}
