/*
 * Calendar days in a time zone. Where clocks change, a day has 23 or 25 hours, or starts at 01:00 because its
 * midnight is skipped: adding 24 hours, or Luxon's `plus({ days: 1 })`, misses the start of the next day.
 */
import { Info } from 'luxon'

export interface Day {
  /** 2027-09-05 */
  date: string
  start: Date
  /** The start of the next day. */
  end: Date
}

/** The current day. @param zone - IANA name */
export function today(zone: string, now = new Date()): Day {
  return dayOf(dayNumber(now.getTime(), zone), zone)
}

/** @param date - as in 2027-09-05 @param zone - IANA name */
export function dayIn(zone: string, date: string): Day {
  return dayOf(Date.parse(`${date}T00:00:00Z`) / DAY_MS, zone)
}

/** The last `count` days, oldest first, the last one today. @param zone - IANA name */
export function lastDays(zone: string, count: number, now = new Date()): Day[] {
  const last = dayNumber(now.getTime(), zone)
  return Array.from({ length: count }, (_, index) => dayOf(last - count + 1 + index, zone))
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** No time zone has ever been further from UTC. */
const MAX_OFFSET_MS = 16 * 3_600_000

function dayOf(number: number, zone: string): Day {
  return {
    date: new Date(number * DAY_MS).toISOString().slice(0, 10),
    start: startOf(number, zone),
    end: startOf(number + 1, zone),
  }
}

/** The first millisecond that belongs to the day, or to a later one if the zone skipped the whole day. */
function startOf(number: number, zone: string): Date {
  const midnight = number * DAY_MS
  const usual = midnight - offsetAt(midnight, zone)
  const isStart = (time: number) =>
    dayNumber(time, zone) === number && dayNumber(time - 1, zone) < number
  if (isStart(usual)) return new Date(usual)
  // Clocks change near this midnight.
  let before = midnight - MAX_OFFSET_MS
  let start = midnight + MAX_OFFSET_MS
  while (start - before > 1) {
    const middle = Math.floor((before + start) / 2)
    if (dayNumber(middle, zone) < number) before = middle
    else start = middle
  }
  return new Date(start)
}

/** Days since 1970-01-01 on the clocks of the zone. */
function dayNumber(time: number, zone: string): number {
  return Math.floor((time + offsetAt(time, zone)) / DAY_MS)
}

function offsetAt(time: number, zone: string): number {
  return Info.normalizeZone(zone).offset(time) * MINUTE_MS
}
