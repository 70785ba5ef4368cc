import type { HttpContext } from '@adonisjs/core/http'
import { sendSpreadsheet } from '#admin/csv'
import { shownSlice, sliceOf } from '#admin/pagination'
import { STATUSES } from '../../order_state_machine.ts'
import { firstIdAt } from '#postgres/run'
import { countLists, countNewer, listForDesk, NEW_LIMIT } from './list_orders.ts'
import { ordersCsv } from './orders_csv.ts'
import { orderView } from '../order_view.ts'
import { deskFilterValidator, newerValidator } from '../validators.ts'

/** The lists of orders, each with the parameter that selects it. */
const LISTS = [
  { name: 'all', label: 'All', filter: ['status', null] },
  ...STATUSES.map((status) => ({ name: status, label: status, filter: ['status', status] })),
  { name: 'attention', label: 'needs attention', filter: ['attention', '1'] },
  { name: 'mail', label: 'mail waiting', filter: ['mail', 'waiting'] },
]

/** The list of orders as a page and as CSV. */
export default class OrdersPageController {
  async index({ account, request, view, zone }: HttpContext) {
    const query = request.qs()
    const filter = await deskFilterValidator.validate(query)
    const slice = sliceOf(query)
    const [rows, counts] = await Promise.all([
      listForDesk(account, filter, slice, zone),
      countLists(),
    ])
    return view.render('orders::pages/orders', {
      ...{ query, filter, counts, lists: LISTS },
      newer: slice.from ? null : { count: 0, since: rows[0]?.id ?? newestNow(), query },
      searched: Boolean(filter.q ?? filter.from ?? filter.to ?? filter.fulfilled),
      slice: shownSlice(rows.map(orderView), slice, ({ id }) => [id], query),
    })
  }

  /** How many orders the list has gained since it was shown: its page polls this. */
  async newer({ account, request, view, zone }: HttpContext) {
    const { since: given, ...query } = request.qs()
    const filter = await deskFilterValidator.validate(query)
    const { since = newestNow() } = await newerValidator.validate({ since: given })
    const count = await countNewer(account, filter, since, zone)
    return view.render('orders::components/new_orders', {
      newer: { count, limit: NEW_LIMIT, since, query },
    })
  }

  async export(ctx: HttpContext) {
    const filter = await deskFilterValidator.validate(ctx.request.qs())
    return sendSpreadsheet(ctx, 'orders.csv', ordersCsv(ctx.account, filter, ctx.zone))
  }
}

/** An id after those of all orders so far. */
function newestNow() {
  return firstIdAt(Date.now())
}
