import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { isFetched } from '#admin/page_middleware'
import { notFound } from '#http/problem'
import { blockedKey } from '#messaging/recovery/key_history'
import { isUuid } from '#runtime/uuid'

/** Whether inventory has blocked an order: a part of the order's timeline, and a page of its own. */
export default class BlockedOrdersController {
  async show(ctx: HttpContext) {
    const { order } = ctx.params
    if (!isUuid(order)) throw notFound('order')
    const name = isFetched(ctx) ? 'components/blocked_order' : 'pages/blocked_order'
    const blocked = await blockedKey(db.connection('inventory'), 'inventory', order)
    return ctx.view.render(`inventory::${name}`, { order, blocked })
  }
}
