import type { HttpContext } from '@adonisjs/core/http'
import { shownSlice, sliceOf } from '#admin/pagination'
import { REASONS } from '../../stock/adjust_stock.ts'
import { findItem } from '../../stock/find_stock.ts'
import { countLedger, readLedger } from '../movements/ledger_rows.ts'
import { itemFilterValidator } from '../validators.ts'
import { availableByDay } from './available_by_day.ts'

/** One SKU: its balance, the forms that change it, and its ledger. */
export default class ItemPageController {
  async show({ params, request, view, zone }: HttpContext) {
    const query = request.qs()
    const { by } = await itemFilterValidator.validate(query)
    const slice = sliceOf(query)
    const item = await findItem(params.sku)
    const { sku } = item
    const [days, counts, rows] = await Promise.all([
      availableByDay([item], zone),
      countLedger(sku),
      readLedger({ sku, by }, slice),
    ])
    const shown = shownSlice(rows, slice, ({ id }) => [id], query)
    return view.render('inventory::pages/item', {
      ...{ item, by, counts, query, slice: shown, values: days.get(sku), reasons: REASONS },
    })
  }
}
