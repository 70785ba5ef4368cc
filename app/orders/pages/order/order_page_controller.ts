import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { time } from '#admin/format'
import { customerMails } from '#config/mail'
import { notFound } from '#http/problem'
import { stateOf } from '../../store/order.ts'
import { allowedActions, type CallerAction } from '../../order_state_machine.ts'
import { orderHistory } from '../../queries/order_history.ts'
import { compareLines } from './line_comparison.ts'
import { doNotPack } from './slip.ts'
import { orderView } from '../order_view.ts'
import { describeShortages } from './describe_lines.ts'
import { summarizeOrder } from './order_summary.ts'
import { timelineOf } from './timeline.ts'

/** The page of one order: its state, the actions it allows, and its history. */
export default class OrderPageController {
  show(ctx: HttpContext) {
    return page(ctx, 'order')
  }

  /** The dialogs as pages, for browsers without dialog support. */
  cancellation(ctx: HttpContext) {
    return page(ctx, 'action', 'cancellation')
  }

  fulfilment(ctx: HttpContext) {
    return page(ctx, 'action', 'fulfilment')
  }
}

async function page({ params, view, zone }: HttpContext, name: string, action?: CallerAction) {
  const history = await orderHistory(db.connection('orders'), params.id)
  if (!history) throw notFound('order')
  const { order, note } = history
  return view.render(`orders::pages/${name}`, {
    ...{ action, order: orderView(order), note, customerMails, home: `/admin/orders/${order.id}` },
    shortages: describeShortages(order.shortages),
    allowed: allowedActions(stateOf(order)),
    unpacked: doNotPack(order),
    table: compareLines(history),
    summary: summarizeOrder(history, (at) => time(at, zone).text),
    entries: timelineOf(history),
  })
}
