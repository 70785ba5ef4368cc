import { DateTime } from 'luxon'
import type { ReplayFilter } from '../recovery/replay_plan.ts'
import { UsageError } from '#console/exit_codes'
import { isUuid } from '#runtime/uuid'

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

/** @throws UsageError for an invalid id or time */
export function replayFilter(given: ReplayFlags): ReplayFilter {
  const { id, type, key, sinceMessage, upTo } = given
  for (const [flag, value] of Object.entries({ id, 'since-message': sinceMessage })) {
    if (value !== undefined && !isUuid(value)) {
      throw new UsageError(`--${flag} is "${value}", but must be the id of a message, a UUID.`)
    }
  }
  if (upTo !== undefined && !Number.isSafeInteger(upTo)) {
    throw new UsageError('--up-to must be a whole number.')
  }
  const filter = { id, from: time('from', given.from), to: time('to', given.to), type, key }
  return Object.fromEntries(
    Object.entries({ ...filter, sinceMessage, upTo }).filter(([, value]) => value !== undefined)
  )
}

/** Reads "2026-11-27T10:00:00Z", "2026-11-27" (UTC) or "2h" (two hours ago); returns RFC 3339. */
function time(flag: string, text?: string) {
  if (text === undefined) return undefined
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const read = amount
    ? DateTime.utc().minus({ [UNITS[unit as keyof typeof UNITS]]: Number(amount) })
    : DateTime.fromISO(text, { zone: 'utc' })
  if (!read.isValid) {
    throw new UsageError(
      `--${flag} is "${text}", but must be a time such as 2026-11-27T10:00:00Z, or 2h for two hours ago.`
    )
  }
  return read.toISO()!
}
