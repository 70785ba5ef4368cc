/*
 * Orders on the Today page.
 */
import db from '@adonisjs/lucid/services/db'
import type { TodayPart } from '#contracts/ports/today'
import { firstIdAt, run } from '#postgres/run'
import { today, type Day } from '#runtime/days'
import { STATUSES, type Status } from '../order_state_machine.ts'
import { countColumn, countColumns } from '../store/order_counts.ts'
import { placedAndFulfilled } from './list/orders_by_day.ts'
import { TONES } from './order_view.ts'

export const ordersToday: TodayPart = {
  sentence: 'orders::components/today_sentence',
  figures: 'orders::components/today_figures',
  section: 'orders::components/today_section',
  wide: false,
  async read({ zone }) {
    const day = today(zone)
    const [counts, days] = await Promise.all([countToday(day), placedAndFulfilled(zone)])
    const states = STATUSES.map((status) => ({
      status,
      tone: TONES[status],
      now: counts[status],
      today: counts[`${status}_today`],
    }))
    return {
      ...{ states, days, day: day.date, attention: counts.attention },
      placed: counts.placed,
      fulfilled: counts.fulfilledToday,
      toFulfil: counts.confirmed,
      awaiting: counts.pending + counts.updating,
      waitsSince: counts.waitsSince,
    }
  },
}

/** The number of orders that need attention, up to `COUNT_LIMIT`. */
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
  /** The last change of the order that waits longest for a stock reply; null if none waits. */
  waitsSince: Date | null
}

/** Each up to `COUNT_LIMIT`. Ids are UUIDv7, so the orders of one day are a range of the primary key. */
async function countToday({ start }: Day): Promise<Counts> {
  const [counts] = await run<Counts & Record<string, unknown>>(db.connection('orders'), statement, [
    firstIdAt(start.getTime()),
    start,
  ])
  return counts
}

const statement = {
  name: 'orders_today',
  text: /* sql */ `select
    ${countColumns},
    ${STATUSES.map((status) => countColumn(`${status}_today`, `status = '${status}' and id >= $1 order by id`)).join(', ')},
    ${countColumn('placed', 'id >= $1')},
    ${countColumn('fulfilledToday', 'fulfilled_at >= $2')},
    (select updated_at from orders where resend_at is not null order by resend_at limit 1) as "waitsSince"`,
}

const attentionStatement = {
  name: 'orders_attention',
  text: `select ${countColumn('attention', 'attention')}`,
}
