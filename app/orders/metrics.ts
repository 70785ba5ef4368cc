/*
 * Orders as a business sees them.
 */
import db from '@adonisjs/lucid/services/db'
import { Counter, Gauge } from 'prom-client'
import type { Figures } from '#contracts/figures'
import { run } from '#messaging/sql'
import { STATUSES } from './order_status.ts'

export const answersWithoutEffect = new Counter({
  name: 'quartermaster_orders_answers_without_effect_total',
  help: 'Answers of the inventory that moved no order: stale, repeated, or unexpected.',
  labelNames: ['outcome'] as const,
})

export const swept = new Counter({
  name: 'quartermaster_orders_swept_total',
  help: 'Orders that waited too long for an answer: resent to the inventory, or flagged for a person.',
  labelNames: ['outcome'] as const,
})

export const placementsSentAway = new Counter({
  name: 'quartermaster_orders_placements_sent_away_total',
  help: 'Orders that were not taken because more came in than this process could take.',
})

/** @param placements - of this process */
export function measurePlacements(placements: { atWork: number; waiting: number }) {
  new Gauge({
    name: 'quartermaster_orders_placements',
    help: 'Orders that are being taken by this process, and those that wait for their turn.',
    labelNames: ['state'] as const,
    collect() {
      this.set({ state: 'at_work' }, placements.atWork)
      this.set({ state: 'waiting' }, placements.waiting)
    },
  })
}

const byStatus = new Gauge({
  name: 'quartermaster_orders',
  help: 'Orders by status. Counted up to 10,001 of each.',
  labelNames: ['status'] as const,
})

const attention = new Gauge({
  name: 'quartermaster_orders_needing_attention',
  help: 'Orders that a person has to look at. Counted up to 10,001.',
})

const counted = (name: string, condition: string) =>
  `(select count(*) from (select from orders where ${condition} limit 10001) as counted)::int as "${name}"`

const statement = {
  name: 'orders_figures',
  text: /* sql */ `select
    ${STATUSES.map((status) => counted(status, `status = '${status}'`)).join(', ')},
    ${counted('attention', 'attention')}`,
}

export const ordersFigures: Figures = {
  source: 'orders',
  async read() {
    const [counts] = await run<Record<string, number>>(db.connection('orders'), statement, [])
    for (const status of STATUSES) byStatus.set({ status }, counts[status])
    attention.set(counts.attention)
  },
  forget() {
    byStatus.reset()
    attention.remove()
  },
}
