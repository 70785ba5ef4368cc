/*
 * Business metrics of inventory.
 */
import db from '@adonisjs/lucid/services/db'
import { Gauge } from 'prom-client'
import type { Figures } from '#contracts/ports/figures'
import { boundedCount } from '#postgres/bounded_count'
import { run } from '#postgres/run'

const byLevel = new Gauge({
  name: 'quartermaster_inventory_skus',
  help: 'SKUs whose stock is low or out, counted up to 10,001 per level.',
  labelNames: ['level'] as const,
})

const statement = {
  name: 'inventory_figures',
  text: /* sql */ `select
    ${boundedCount("stock_items where level = 'low'")} as low,
    ${boundedCount("stock_items where level = 'out'")} as out`,
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
