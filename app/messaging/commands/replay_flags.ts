import { DateTime } from 'luxon'
import type { ReplayFilter } from '../replay_plan.ts'
import { Usage } from './exit_codes.ts'
import { UUID } from './on_record.ts'

const UNITS = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days' } as const

export interface ReplayFlags {
  id?: string
  from?: string
  to?: string
  type?: string
  key?: string
  sinceMessage?: string
  upTo?: number
}

/** @throws Usage for an id or a time that cannot be read */
export function replayFilter(given: ReplayFlags): ReplayFilter {
  const { id, type, key, sinceMessage, upTo } = given
  for (const [flag, value] of Object.entries({ id, 'since-message': sinceMessage })) {
    if (value !== undefined && !UUID.test(value)) {
      throw new Usage(`--${flag} is "${value}", but must be the id of a message, a UUID.`)
    }
  }
  if (upTo !== undefined && !Number.isSafeInteger(upTo)) {
    throw new Usage('--up-to must be a whole number.')
  }
  const filter = { id, from: time('from', given.from), to: time('to', given.to), type, key }
  return Object.fromEntries(
    Object.entries({ ...filter, sinceMessage, upTo }).filter(([, value]) => value !== undefined)
  )
}

/** "2026-11-27T10:00:00Z", "2026-11-27" (in UTC), or "2h" for so long ago; as RFC 3339. */
function time(flag: string, text?: string) {
  if (text === undefined) return undefined
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const read = amount
    ? DateTime.utc().minus({ [UNITS[unit as keyof typeof UNITS]]: Number(amount) })
    : DateTime.fromISO(text, { zone: 'utc' })
  if (!read.isValid) {
    throw new Usage(
      `--${flag} is "${text}", but must be a time such as 2026-11-27T10:00:00Z, or 2h for two hours ago.`
    )
  }
  return read.toISO()!
}
