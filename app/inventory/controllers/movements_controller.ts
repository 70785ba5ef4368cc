import type { HttpContext } from '@adonisjs/core/http'
import { pageBody, pageOf } from '#http/pages'
import { listMovements } from '../find_movements.ts'
import { findItem } from '../find_stock.ts'
import { movementBody } from '../transformers/movement_body.ts'
import { allMovementsParameters, movementListParameters } from '../validators/stock.ts'

/** The ledger: of one SKU, or of all. */
export default class MovementsController {
  async ofItem({ params, request }: HttpContext) {
    const page = await pageOf(request.qs(), movementListParameters)
    const { sku } = await findItem(params.sku)
    const rows = await listMovements({ ...page, filters: { ...page.filters, sku } })
    return pageBody(rows, page, ({ id }) => [id], movementBody)
  }

  async index({ request }: HttpContext) {
    const page = await pageOf(request.qs(), allMovementsParameters)
    return pageBody(await listMovements(page), page, ({ id }) => [id], movementBody)
  }
}
