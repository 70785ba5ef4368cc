import { DateTime } from 'luxon'
import type { ReplayFilter } from '../recovery/replay_plan.ts'
import { UsageError } from '#console/exit_codes'
import { isUuid } from '#runtime/uuid'

const MILLISECONDS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads a duration such as "2h". @returns milliseconds; null for any other text */
export function duration(text: string): number | null {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return amount ? Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS] : null
}

/** The filter of the given flags, with exact times. @throws UsageError for an invalid id or time */
export function replayFilter(given: ReplayFilter): ReplayFilter {
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
  const ago = duration(text)
  const read = ago === null ? DateTime.fromISO(text, { zone: 'utc' }) : DateTime.utc().minus(ago)
  if (!read.isValid) {
    throw new UsageError(
      `--${flag} is "${text}", but must be a time such as 2026-11-27T10:00:00Z, or 2h for two hours ago.`
    )
  }
  return read.toISO()!
}
