/*
 * How messages and mails move at the moment: what the first lines and the first table of the page say.
 */
import db from '@adonisjs/lucid/services/db'
import { mailQueue, type WaitingMails } from '#mail/queue'
import { backlog } from '#messaging/backlog'
import { flow } from '#messaging/flow'
import messaging from '#messaging/service'

/** So long messages wait for a consumer elsewhere, and none is handled, before nobody seems to handle any. */
const IDLE_MS = 30_000
/** Module → since when some wait, and which was the last that was handled before. */
const standing = new Map<string, { since: number; last: number }>()

type Tone = 'good' | 'warn' | 'bad'

/** A relay, a consumer, or the mails of a module. */
export interface AtWork {
  module: string
  part: string
  state: string
  tone: Tone
  /** The machine and process, where one of all does it. */
  where: string | null
  /** What it says is wrong; null for nothing. */
  detail: string | null
  /** Messages or mails, counted up to 10,001; null where only the outbox knows. */
  waiting: number | null
  /** Seconds that the first of them has waited; null for none. */
  oldest: number | null
  /** Null where nobody counts them. */
  perMinute: number | null
  last: Date | null
}

export async function atWork() {
  const modules = messaging.config.modules.map(({ name }) => name)
  const [found, mails] = await Promise.all([
    Promise.all(modules.map(ofModule)),
    mailQueue.waiting(db),
  ])
  const rows = [...found.flatMap(({ rows: both }) => both), ...mails.map(ofMails)]
  return {
    rows,
    transport: messaging.transportName,
    longest: Math.max(0, ...rows.map(({ oldest }) => oldest ?? 0)),
    deadLetters: found.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
    parkedKeys: found.reduce((sum, { parkedKeys }) => sum + parkedKeys, 0),
  }
}

async function ofModule(module: string) {
  const client = db.connection(module)
  const [{ pending, oldest, deadLetters, parkedKeys }, moved, lag] = await Promise.all([
    backlog(client),
    flow(client, module),
    messaging.lag(module).catch(() => null),
  ])
  const { relays, consumers } = messaging.work()
  const ours = consumers.find(({ name }) => name === module)
  const relay: AtWork = {
    ...{ module, part: 'relay' },
    ...(moved.leader ? state('good', 'leads') : state('bad', 'nobody leads: nothing is published')),
    where: moved.leader,
    detail: relays.find((one) => one.module === module)?.degraded()[0] ?? null,
    waiting: pending.waiting + pending.parked + pending.replayed,
    oldest: oldest.waiting || null,
    perMinute: moved.publishedPerMinute,
    last: moved.lastPublished,
  }
  const consumer: AtWork = {
    ...{ module, part: 'consumer', where: null, detail: ours?.degraded()[0] ?? null },
    ...(ours ? consumerState(ours) : elsewhere(module, lag, moved.lastHandled)),
    ...{ waiting: lag, oldest: null },
    perMinute: moved.handledPerMinute,
    last: moved.lastHandled,
  }
  return { rows: [worsened(relay), worsened(consumer)], deadLetters, parkedKeys }
}

function consumerState({ paused }: { paused: boolean }) {
  return paused ? state('bad', 'paused: nearly everything fails') : state('good', 'running')
}

/** Of a consumer that does not run here, only what it does can be seen, look after look. */
export function elsewhere(
  module: string,
  waiting: number | null,
  last: Date | null,
  now = Date.now()
) {
  const before = standing.get(module)
  if (!waiting) standing.delete(module)
  else if (before?.last !== Number(last)) standing.set(module, { since: now, last: Number(last) })
  const since = standing.get(module)?.since ?? now
  return now - since > IDLE_MS
    ? state('bad', 'in other processes, which handle nothing')
    : state('good', 'in other processes')
}

function state(tone: Tone, words: string) {
  return { tone, state: words }
}

/** A part that says that something is wrong is not well. */
function worsened(part: AtWork): AtWork {
  return part.detail && part.tone === 'good' ? { ...part, tone: 'warn' } : part
}

function ofMails({ module, pending, since, givenUp }: WaitingMails): AtWork {
  return {
    ...{ module, part: 'mails', where: null, detail: null },
    ...(givenUp > 0 ? state('warn', `${givenUp} given up`) : state('good', 'running')),
    waiting: pending,
    oldest: since && Math.max(0, Date.now() - since.getTime()) / 1_000,
    ...{ perMinute: null, last: null },
  }
}
