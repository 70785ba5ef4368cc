/*
 * How many orders were placed and fulfilled each day. Neither changes once the day is over: a day is counted
 * once by each process.
 */
import db from '@adonisjs/lucid/services/db'
import type { DateTime } from 'luxon'
import { firstIdAt, run } from '#messaging/sql'

const DAYS = 30
/** A day is counted up to this many, in one statement for all that are not known. */
const MOST = 100_000
/** What was under way at midnight has committed by then. */
const SETTLED_AFTER_MS = 60_000

interface Day {
  placed: number
  fulfilled: number
}

/** By the moments that the days begin at, in milliseconds since 1970. */
const known = new Map<number, Day>()

/** Of the last days, the oldest first, without today's. */
export async function placedAndFulfilled(today: DateTime): Promise<Day[]> {
  const begins = Array.from({ length: DAYS }, (_, day) => today.minus({ days: DAYS - day }))
  const missing = begins.filter((begin) => !known.has(begin.toMillis()))
  if (missing.length === 0) return begins.map((begin) => known.get(begin.toMillis())!)
  const ends = missing.map((begin) => begin.plus({ days: 1 }))
  const rows = await run<{ placed: number; fulfilled: number }>(
    db.connection('orders'),
    countDays,
    [
      missing.map((begin) => firstIdAt(begin.toMillis())),
      ends.map((end) => firstIdAt(end.toMillis())),
      missing.map((begin) => begin.toJSDate()),
      ends.map((end) => end.toJSDate()),
    ]
  )
  const counted = new Map(missing.map((begin, place) => [begin.toMillis(), rows[place]]))
  const days = begins.map((begin) => counted.get(begin.toMillis()) ?? known.get(begin.toMillis())!)
  remember(counted, today)
  return days
}

function remember(counted: Map<number, Day>, today: DateTime) {
  if (Date.now() - today.toMillis() < SETTLED_AFTER_MS) return
  // Of some zones at most; older days go with them.
  if (known.size > 40 * DAYS) known.clear()
  for (const [begin, day] of counted) known.set(begin, day)
}

const countDays = {
  name: 'orders_by_day',
  text: /* sql */ `
    select
      (select count(*) from (select from orders where id >= first and id < next limit ${MOST}) as counted)::int
        as placed,
      (select count(*) from (select from orders where fulfilled_at >= begins and fulfilled_at < ends
                             limit ${MOST}) as counted)::int as fulfilled
    from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
      with ordinality as day(first, next, begins, ends, place)
    order by place`,
}
