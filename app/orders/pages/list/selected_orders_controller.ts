import type { HttpContext } from '@adonisjs/core/http'
import { plural } from '#admin/format'
import { goTo, notice } from '#admin/notices'
import { customerMails } from '#config/mail'
import { findOrders } from '../../queries/find_orders.ts'
import { countUnits } from '../../order_lines.ts'
import { checkSelected, fulfilSelected, selectedOf } from './fulfil_selected.ts'
import { orderView } from '../order_view.ts'
import { barsOf, doNotPack } from '../order/slip.ts'
import { bulkFulfilmentValidator, selectionValidator } from '../validators.ts'

/** Actions on the orders selected in the list. */
export default class SelectedOrdersController {
  /** Shows which orders can be fulfilled, and which have been. */
  async show({ request, view }: HttpContext) {
    const { orders } = await selectionValidator.validate(request.qs())
    const rows = await checkSelected(selectedOf(orders))
    const ready = rows.filter(({ verdict }) => verdict === 'ready')
    return view.render('orders::pages/selected', {
      rows: rows.map((row) => ({ ...row, order: orderView(row.order) })),
      ready: ready.length,
      units: countUnits(ready.flatMap(({ order }) => order.lines)),
      done: rows.filter(({ verdict }) => verdict === 'fulfilled').length,
      customerMails,
    })
  }

  async fulfil(ctx: HttpContext) {
    const {
      orders,
      others = [],
      carrier,
    } = await bulkFulfilmentValidator.validate(ctx.request.body())
    const selected = selectedOf(orders)
    ctx.auditSubject = selected.map(({ id }) => id)
    await fulfilSelected(selected, carrier ?? null, ctx.account)
    const all = [...orders, ...others]
    const rows = await checkSelected(selectedOf(all))
    const done = rows.filter(({ verdict }) => verdict === 'fulfilled').length
    notice(ctx, {
      about: plural(done, 'order'),
      text: `fulfilled${done < rows.length ? `, ${plural(rows.length - done, 'other')} not` : ''}`,
      tone: done < rows.length ? 'warn' : 'good',
    })
    const again = new URLSearchParams(all.map((row): [string, string] => ['orders[]', row]))
    return goTo(ctx, `/admin/orders/fulfilment?${again}`)
  }

  async slips({ request, view }: HttpContext) {
    const { orders } = await selectionValidator.validate(request.qs())
    const found = await findOrders(selectedOf(orders).map(({ id }) => id))
    return view.render('orders::pages/slips', {
      slips: found.map((order) => ({
        ...{ order: orderView(order), bars: barsOf(order.number!), unpacked: doNotPack(order) },
      })),
    })
  }
}
