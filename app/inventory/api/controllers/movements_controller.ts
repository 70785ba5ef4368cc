import type { HttpContext } from '@adonisjs/core/http'
import { pageBody, pageOf, type Page } from '#http/pagination'
import { listMovements, type MovementFilters } from '../../ledger/find_movements.ts'
import type { Movement } from '../../ledger/movement.ts'
import { findItem } from '../../stock/find_stock.ts'
import { allMovementsParameters, movementListParameters } from '../validators/stock.ts'

/** The ledger of one SKU, or of all. */
export default class MovementsController {
  async ofItem({ params, request }: HttpContext) {
    const page = await pageOf(request.qs(), movementListParameters)
    const { sku } = await findItem(params.sku)
    return pageOfMovements({ ...page, filters: { ...page.filters, sku } })
  }

  async index({ request }: HttpContext) {
    const page = await pageOf(request.qs(), allMovementsParameters)
    return pageOfMovements(page)
  }
}

async function pageOfMovements(page: Page<MovementFilters>) {
  const { after: from, limit, filters } = page
  const rows = await listMovements(filters, { from, limit })
  return pageBody(rows, page, idOf, (movement) => movement)
}

const idOf = ({ id }: Movement) => [id]
