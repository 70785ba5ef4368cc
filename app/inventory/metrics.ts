/*
 * The stock room as a business sees it.
 */
import db from '@adonisjs/lucid/services/db'
import { Counter, Gauge } from 'prom-client'
import type { Figures } from '#contracts/figures'
import { run } from '#messaging/sql'

export const staleTargets = new Counter({
  name: 'quartermaster_inventory_stale_targets_total',
  help: 'Targets of orders that came after a later one of the same order and changed nothing.',
})

const byLevel = new Gauge({
  name: 'quartermaster_inventory_skus',
  help: 'SKUs by how much of them is available: low or out. Counted up to 10,001 of each.',
  labelNames: ['level'] as const,
})

const statement = {
  name: 'inventory_figures',
  text: /* sql */ `select
    (select count(*) from (select from stock_items where level = 'low' limit 10001) as counted)::int as low,
    (select count(*) from (select from stock_items where level = 'out' limit 10001) as counted)::int as out`,
}

export const inventoryFigures: Figures = {
  source: 'inventory',
  async read() {
    const [{ low, out }] = await run<{ low: number; out: number }>(
      db.connection('inventory'),
      statement,
      []
    )
    byLevel.set({ level: 'low' }, low)
    byLevel.set({ level: 'out' }, out)
  },
  forget() {
    byLevel.reset()
  },
}
