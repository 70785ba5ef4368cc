/*
 * Messages and mails on the Today page.
 */
import db from '@adonisjs/lucid/services/db'
import type { TodayPart } from '#contracts/ports/today'
import { mailQueue } from '#mail/queue'
import messaging from '#messaging/service'
import { PENDING_KINDS, readBacklog, type Backlog } from '#messaging/recovery/backlog'

export const operationsToday: TodayPart = {
  sentence: 'operations::components/today_sentence',
  figures: null,
  section: 'operations::components/today_section',
  wide: false,
  async read() {
    const modules = messaging.config.modules.map(({ name }) => name)
    const [found, mails] = await Promise.all([
      Promise.all(modules.map((name) => readBacklog(db.connection(name), name))),
      mailQueue.counts(db),
    ])
    const sum = (of: 'deadLetters' | 'parkedKeys' | 'blockedKeys') =>
      found.reduce((total, one) => total + one[of], 0)
    return {
      transport: messaging.transport.name,
      unpublished: oldest(modules, found.map(oldestPending)),
      blockedKey: oldest(
        modules,
        found.map(({ oldestBlocked }) => oldestBlocked)
      ),
      deadLetters: sum('deadLetters'),
      parkedKeys: sum('parkedKeys'),
      blockedKeys: sum('blockedKeys'),
      mailWaits:
        oldest(
          mails.map(({ module }) => module),
          mails.map(({ since }) => since && secondsSince(since))
        )?.seconds ?? null,
      mailsGivenUp: mails.reduce((total, { givenUp }) => total + givenUp, 0),
    }
  },
}

/** Seconds; null when nothing is pending. */
function oldestPending({ pending, oldest: ages }: Backlog) {
  const isPending = PENDING_KINDS.some((kind) => pending[kind] > 0)
  return isPending ? Math.max(...Object.values(ages)) : null
}

/** The module with the highest age; null when none has one. */
function oldest(modules: string[], ages: (number | null)[]) {
  const [first] = modules
    .flatMap((module, index) => ({ module, seconds: ages[index] ?? -1 }))
    .filter(({ seconds }) => seconds >= 0)
    .sort((a, b) => b.seconds - a.seconds)
  return first ?? null
}

function secondsSince(moment: Date) {
  return Math.max(0, Date.now() - moment.getTime()) / 1_000
}
