/*
 * The stock of the day.
 */
import db from '@adonisjs/lucid/services/db'
import type { TodayPart } from '#contracts/today'
import { run } from '#messaging/sql'
import { availableByDay } from './available_by_day.ts'
import { countStock, type StockRow } from './list_stock.ts'

/** So many of those that run out are shown; the list has them all. */
const SHOWN = 7

export const stockToday: TodayPart = {
  sentence: 'inventory::components/today_sentence',
  figures: 'inventory::components/today_figures',
  section: 'inventory::components/today_section',
  wide: true,
  async read({ zone }) {
    const [counts, rows] = await Promise.all([countStock(), runningLow()])
    return { ...counts, rows, days: await availableByDay(rows, zone) }
  },
}

/** Those that are out first; of each the first by SKU. */
async function runningLow(): Promise<StockRow[]> {
  return run<StockRow>(
    db.connection('inventory'),
    {
      name: 'stock_running_low',
      text: /* sql */ `
        select sku, name, on_hand as "onHand", reserved, on_hand - reserved as available,
          low_stock_at as "lowStockAt", level, active
        from (
          (select * from stock_items where level = 'out' order by sku limit $1)
          union all
          (select * from stock_items where level = 'low' order by sku limit $1)
        ) as low order by level desc, sku limit $1`,
    },
    [SHOWN]
  )
}
