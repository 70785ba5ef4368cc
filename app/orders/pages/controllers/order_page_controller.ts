import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { time } from '#admin/format'
import { customerMails } from '#config/mail'
import { notFound } from '#http/problem'
import { stateOf } from '../../models/order.ts'
import { allowedMoves } from '../../order_status.ts'
import { orderStory } from '../../order_story.ts'
import { linesHeldAndWanted } from '../held_and_wanted.ts'
import { doNotPack } from '../slip.ts'
import { shownOrder } from '../shown_order.ts'
import { short, standingOf } from '../standing.ts'
import { timelineOf } from '../timeline.ts'

/** One order: where it stands, what can be done, and everything that happened. */
export default class OrderPageController {
  show(ctx: HttpContext) {
    return page(ctx, 'order')
  }

  /** Where a browser shows no dialogs. */
  cancellation(ctx: HttpContext) {
    return page(ctx, 'cancel')
  }

  fulfilment(ctx: HttpContext) {
    return page(ctx, 'fulfil')
  }
}

async function page({ params, view, zone }: HttpContext, name: string) {
  const story = await orderStory(db.connection('orders'), params.id)
  if (!story) throw notFound('order')
  const { order, note } = story
  return view.render(`orders::pages/${name}`, {
    ...{ order: shownOrder(order), note, customerMails, home: `/admin/orders/${order.id}` },
    shortages: short(order.shortages),
    allowed: allowedMoves(stateOf(order)),
    unpacked: doNotPack(order),
    table: linesHeldAndWanted(story),
    standing: standingOf(story, (at) => time(at, zone).text),
    entries: timelineOf(story),
  })
}
