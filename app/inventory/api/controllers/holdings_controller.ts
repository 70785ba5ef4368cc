import type { HttpContext } from '@adonisjs/core/http'
import { pageBody, pageOf } from '#http/pages'
import { listHoldings } from '../../stock/find_stock.ts'

export default class HoldingsController {
  async index({ request }: HttpContext) {
    const page = await pageOf(request.qs())
    const holdings = await listHoldings(page)
    return pageBody(
      holdings,
      page,
      ({ order_id: orderId }) => [orderId],
      ({ order_id: orderId, held_revision: heldRevision, lines }) => ({
        orderId,
        heldRevision,
        lines,
      })
    )
  }
}
