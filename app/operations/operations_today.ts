/*
 * Messages and mails of the day.
 */
import db from '@adonisjs/lucid/services/db'
import type { TodayPart } from '#contracts/today'
import { mailQueue } from '#mail/queue'
import messaging from '#messaging/service'
import { waiting } from '#messaging/waiting'

export const operationsToday: TodayPart = {
  sentence: 'operations::components/today_sentence',
  figures: null,
  section: 'operations::components/today_section',
  wide: false,
  async read() {
    const modules = messaging.config.modules.map(({ name }) => name)
    const [found, mails] = await Promise.all([
      Promise.all(modules.map((name) => waiting(db.connection(name)))),
      mailQueue.waiting(db),
    ])
    const named = found.map((one, place) => ({ module: modules[place], ...one }))
    const sum = (of: 'deadLetters' | 'parkedKeys' | 'waitingKeys') =>
      found.reduce((total, one) => total + one[of], 0)
    return {
      transport: messaging.transportName,
      unpublished: longest(named, 'unpublishedSince'),
      waitingKey: longest(named, 'keySince'),
      deadLetters: sum('deadLetters'),
      parkedKeys: sum('parkedKeys'),
      waitingKeys: sum('waitingKeys'),
      mailWaits: longest(mails, 'since')?.seconds ?? null,
      mailsGivenUp: mails.reduce((total, { givenUp }) => total + givenUp, 0),
    }
  },
}

/** The one that waits longest, in seconds; null when none does. */
function longest<Name extends string>(
  waits: ({ module: string } & Record<Name, Date | null>)[],
  name: Name
) {
  const [first] = waits
    .flatMap(({ module, [name]: since }) => (since ? [{ module, since: since as Date }] : []))
    .sort((a, b) => a.since.getTime() - b.since.getTime())
  return first ? { module: first.module, seconds: secondsSince(first.since) } : null
}

function secondsSince(moment: Date) {
  return Math.max(0, Date.now() - moment.getTime()) / 1_000
}
