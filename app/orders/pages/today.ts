/*
 * The orders of the day.
 */
import db from '@adonisjs/lucid/services/db'
import { DateTime } from 'luxon'
import type { TodayPart } from '#contracts/today'
import { firstIdAt, run } from '#messaging/sql'
import { STATUSES, type Status } from '../order_status.ts'
import { counted } from './counted.ts'
import { placedAndFulfilled } from './orders_by_day.ts'

export const ordersToday: TodayPart = {
  sentence: 'orders::components/today_sentence',
  figures: 'orders::components/today_figures',
  section: 'orders::components/today_section',
  wide: false,
  async read({ zone }) {
    const today = DateTime.now().setZone(zone).startOf('day')
    const [counts, days] = await Promise.all([countToday(today), placedAndFulfilled(today)])
    const states = STATUSES.map((status) => ({
      status,
      tone: TONES[status],
      now: counts[status],
      today: counts[`${status}_today`],
    }))
    const now = (status: Status) => counts[status]
    return {
      ...{ states, days, day: today.toISODate(), attention: counts.attention },
      placed: counts.placed,
      fulfilled: counts.fulfilledToday,
      toFulfil: now('confirmed'),
      awaiting: now('pending') + now('updating'),
      waitsSince: counts.waitsSince,
    }
  },
}

const TONES: Partial<Record<Status, string>> = {
  updating: 'accent',
  confirmed: 'accent',
  fulfilled: 'good',
  rejected: 'bad',
}

/** Orders that stock has been asked about in vain; counted up to 10,001. */
export async function countAttention(): Promise<number> {
  const [{ attention }] = await run<{ attention: number }>(
    db.connection('orders'),
    attentionStatement,
    []
  )
  return attention
}

type Counts = Record<
  Status | `${Status}_today` | 'placed' | 'fulfilledToday' | 'attention',
  number
> & {
  /** The first change that inventory has not answered; null when it has answered all. */
  waitsSince: Date | null
}

/** Exact up to 10,000, then one more than that. Ids are UUIDv7: those of a day lie together. */
async function countToday(today: DateTime): Promise<Counts> {
  const [counts] = await run<Counts & Record<string, unknown>>(db.connection('orders'), statement, [
    firstIdAt(today.toMillis()),
    today.toJSDate(),
  ])
  return counts
}

const statement = {
  name: 'orders_today',
  text: /* sql */ `select
    ${STATUSES.map((status) => counted(status, `status = '${status}'`)).join(', ')},
    ${STATUSES.map((status) => counted(`${status}_today`, `status = '${status}' and id >= $1`)).join(', ')},
    ${counted('placed', 'id >= $1')},
    ${counted('fulfilledToday', 'fulfilled_at >= $2')},
    ${counted('attention', 'attention')},
    (select updated_at from orders where resend_at is not null order by resend_at limit 1) as "waitsSince"`,
}

const attentionStatement = {
  name: 'orders_attention',
  text: `select ${counted('attention', 'attention')}`,
}
