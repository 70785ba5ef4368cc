import type { HttpContext } from '@adonisjs/core/http'
import { sendSpreadsheet } from '#admin/csv'
import { shownSlice, sliceOf } from '#admin/pagination'
import { availableByDay } from './available_by_day.ts'
import { countByLevel, listStock, positionOf } from './list_stock.ts'
import { stockCsv } from './stock_csv.ts'
import { stockFilterValidator } from '../validators.ts'

/** The stock list: as a page and as CSV. */
export default class StockPageController {
  async index({ request, view, zone }: HttpContext) {
    const query = request.qs()
    const slice = sliceOf(query)
    const filter = await stockFilterValidator.validate(query)
    const list = async () => {
      const items = await listStock(filter, slice)
      const shown = shownSlice(items, slice, (row) => positionOf(row, filter), query)
      return { slice: shown, days: await availableByDay(shown.rows, zone) }
    }
    const [listed, counts] = await Promise.all([list(), countByLevel()])
    return view.render('inventory::pages/stock', {
      ...{ filter, query, counts, ...listed },
      sort: { by: (filter.sort ?? 'sku').replace('-', ''), down: filter.sort?.startsWith('-') },
    })
  }

  async export(ctx: HttpContext) {
    const filter = await stockFilterValidator.validate(ctx.request.qs())
    return sendSpreadsheet(ctx, 'stock.csv', stockCsv(filter))
  }
}
