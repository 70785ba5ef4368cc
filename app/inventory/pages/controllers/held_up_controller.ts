import type { HttpContext } from '@adonisjs/core/http'
import { isFetched } from '#admin/page_middleware'
import { isUuid } from '#http/fields'
import { notFound } from '#http/problem'
import { findHeldUp } from '../find_held_up.ts'

/** Whether stock is held up with an order: a part of the order's timeline, and a page by itself. */
export default class HeldUpController {
  async show(ctx: HttpContext) {
    const { order } = ctx.params
    if (!isUuid(order)) throw notFound('order')
    const part = isFetched(ctx) ? 'inventory::components/held_up' : 'inventory::pages/held_up'
    return ctx.view.render(part, { order, heldUp: await findHeldUp(order) })
  }
}
