/*
 * The stock part of the Today page.
 */
import db from '@adonisjs/lucid/services/db'
import type { TodayPart } from '#contracts/ports/today'
import { run } from '#postgres/run'
import { findBarcodeClashes, type BarcodeClash } from '../products/barcode_clashes.ts'
import { availableByDay } from './stock/available_by_day.ts'
import { countByLevel, type StockRow } from './stock/list_stock.ts'

/** SKUs on the Today page; the stock list has all of them. */
const SHOWN = 7

export const stockToday: TodayPart = {
  sentence: 'inventory::today/sentence',
  figures: 'inventory::today/figures',
  section: 'inventory::today/section',
  wide: true,
  async read({ zone }) {
    const [counts, rows, clashes] = await Promise.all([
      countByLevel(),
      runningLow(),
      findBarcodeClashes(db.connection('inventory'), null, SHOWN + 1),
    ])
    return { ...counts, rows, days: await availableByDay(rows, zone), ...shownClashes(clashes) }
  },
}

function shownClashes(clashes: BarcodeClash[]) {
  return { clashes: clashes.slice(0, SHOWN), moreClashes: clashes.length > SHOWN }
}

/** SKUs that are out of stock first, then those that are low, each in SKU order. */
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
