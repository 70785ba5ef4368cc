import type { HttpContext } from '@adonisjs/core/http'
import { pageBody, pageOf } from '#http/pages'
import { findItem, listMovements } from '../find_stock.ts'
import { movementBody } from '../transformers/movement_body.ts'

export default class MovementsController {
  async index({ params, request }: HttpContext) {
    const page = await pageOf(request.qs())
    const { sku } = await findItem(params.sku)
    return pageBody(await listMovements(sku, page), page, ({ id }) => [id], movementBody)
  }
}
