import { Counter, Gauge } from 'prom-client'
import type { Figures } from '#contracts/ports/figures'
import { STATUSES } from './order_state_machine.ts'
import { countOrders } from './store/order_counts.ts'

export const repliesWithoutEffect = new Counter({
  name: 'quartermaster_orders_answers_without_effect_total',
  help: 'Stock replies from inventory without effect: stale, repeated or unexpected.',
  labelNames: ['outcome'] as const,
})

export const swept = new Counter({
  name: 'quartermaster_orders_swept_total',
  help: 'Orders that waited too long for a stock reply: re-sent to inventory, or flagged for attention.',
  labelNames: ['outcome'] as const,
})

export const placementsRejected = new Counter({
  name: 'quartermaster_orders_placements_sent_away_total',
  help: 'Orders rejected because more arrived than this process could place.',
})

export const placementsBeyondShare = new Counter({
  name: 'quartermaster_orders_placements_beyond_share_total',
  help: 'Orders rejected because their customer had too many placements in progress.',
})

/** @param placements - the permits of this process */
export function measurePlacements(placements: { active: number; waiting: number }) {
  new Gauge({
    name: 'quartermaster_orders_placements',
    help: 'Orders that this process is placing, and orders that wait for a permit.',
    labelNames: ['state'] as const,
    collect() {
      this.set({ state: 'at_work' }, placements.active)
      this.set({ state: 'waiting' }, placements.waiting)
    },
  })
}

const byStatus = new Gauge({
  name: 'quartermaster_orders',
  help: 'Orders by status, each counted up to 10,001.',
  labelNames: ['status'] as const,
})

const attention = new Gauge({
  name: 'quartermaster_orders_needing_attention',
  help: 'Orders that need attention, counted up to 10,001.',
})

export const ordersFigures: Figures = {
  source: 'orders',
  async read() {
    const counts = await countOrders()
    for (const status of STATUSES) byStatus.set({ status }, counts[status])
    attention.set(counts.attention)
  },
  forget() {
    byStatus.reset()
    attention.remove()
  },
}
