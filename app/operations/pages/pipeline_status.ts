/*
 * The status of relays, consumers and mail queues, for the summary and the first table of the operations page.
 */
import db from '@adonisjs/lucid/services/db'
import type { MailCounts } from '#mail/operators/mail_lists'
import { mailQueue } from '#mail/queue'
import { readBacklog } from '#messaging/recovery/backlog'
import messaging from '#messaging/service'
import {
  stopWarning,
  otherThan,
  type StoppedPartition,
} from '#messaging/transports/stopped_partitions'
import { stoppedPartitions } from '#messaging/inbox/unreadable_batches'
import { workerRoles } from '../metrics/worker_roles.ts'

/** A consumer in another process counts as idle when messages wait and none is handled for this long. */
const IDLE_MS = 30_000
/** Module → since when messages wait without progress, and when the last one was handled. */
const stalled = new Map<string, { since: number; last: number }>()

type Tone = 'good' | 'warn' | 'bad'

/** A relay, a consumer, or the mails of a module. */
export interface PipelineStatus {
  module: string
  part: string
  state: string
  tone: Tone
  /** The machine and process of a leader; null for the others. */
  where: string | null
  /** Its first warning; null without one. */
  detail: string | null
  /** Messages or mails, counted up to 10,001; null where the outbox has the number. */
  waiting: number | null
  /** Age of the oldest of them in seconds; null without one. */
  oldest: number | null
  /** Null where it is not counted. */
  perMinute: number | null
  last: Date | null
}

export async function pipelineStatus() {
  const modules = messaging.config.modules.map(({ name }) => name)
  const [found, mails] = await Promise.all([
    Promise.all(modules.map(ofModule)),
    mailQueue.counts(db),
    workerRoles.read(),
  ])
  const rows = [...found.flatMap(({ rows: both }) => both), ...mails.map(ofMails)]
  return {
    rows,
    notRun: workerRoles.warnings(),
    transport: messaging.transport.name,
    longest: Math.max(0, ...rows.map(({ oldest }) => oldest ?? 0)),
    deadLetters: found.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
    parkedKeys: found.reduce((sum, { parkedKeys }) => sum + parkedKeys, 0),
  }
}

async function ofModule(module: string) {
  const client = db.connection(module)
  const [{ pending, oldest, deadLetters, parkedKeys, throughput }, lag] = await Promise.all([
    readBacklog(client, module, { throughput: true }),
    messaging.lag(module).catch(() => null),
  ])
  const moved = throughput!
  const { relays, consumers } = messaging.workers()
  const ours = consumers.find(({ name }) => name === module)
  const stoppedHere = messaging.stoppedPartitions().filter((one) => one.consumer === module)
  const stopped = [...stoppedHere, ...otherThan(stoppedHere, await stoppedPartitions(client))]
  const relay: PipelineStatus = {
    ...{ module, part: 'relay' },
    ...(moved.leader ? state('good', 'leading') : state('bad', 'no leader: nothing is published')),
    where: moved.leader,
    detail: relays.find((one) => one.module === module)?.warnings()[0] ?? null,
    waiting: pending.waiting + pending.parked + pending.replayed,
    oldest: oldest.waiting || null,
    perMinute: moved.publishedPerMinute,
    last: moved.lastPublished,
  }
  const consumer: PipelineStatus = {
    ...{ module, part: 'consumer', where: null },
    detail: ours?.warnings()[0] ?? stopped.map(stopWarning)[0] ?? null,
    ...(ours ? consumerState(ours, stopped) : elsewhere(module, lag, moved.lastHandled)),
    ...{ waiting: lag, oldest: null },
    perMinute: moved.handledPerMinute,
    last: moved.lastHandled,
  }
  return { rows: [withWarning(relay), withWarning(consumer)], deadLetters, parkedKeys }
}

function consumerState({ paused }: { paused: boolean }, stopped: StoppedPartition[]) {
  if (paused) return state('bad', 'paused: nearly every message fails')
  const [first] = stopped
  if (!first) return state('good', 'running')
  return state('bad', `partition ${first.partition} of ${first.topic} is stopped`)
}

/** The status of a consumer in other processes, from the progress between two calls. */
export function elsewhere(
  module: string,
  waiting: number | null,
  last: Date | null,
  now = Date.now()
) {
  const before = stalled.get(module)
  if (!waiting) stalled.delete(module)
  else if (before?.last !== Number(last)) stalled.set(module, { since: now, last: Number(last) })
  const since = stalled.get(module)?.since ?? now
  return now - since > IDLE_MS
    ? state('bad', 'in other processes, no progress')
    : state('good', 'in other processes')
}

function state(tone: Tone, words: string) {
  return { tone, state: words }
}

/** A part with a warning is not healthy. */
function withWarning(part: PipelineStatus): PipelineStatus {
  return part.detail && part.tone === 'good' ? { ...part, tone: 'warn' } : part
}

function ofMails({ module, pending, held, since, givenUp }: MailCounts): PipelineStatus {
  const unsent = [givenUp > 0 && `${givenUp} given up`, held > 0 && `${held} held`].filter(Boolean)
  return {
    ...{ module, part: 'mails', where: null, detail: null },
    ...(unsent.length > 0 ? state('warn', unsent.join(', ')) : state('good', 'running')),
    waiting: pending,
    oldest: since && Math.max(0, Date.now() - since.getTime()) / 1_000,
    ...{ perMinute: null, last: null },
  }
}
