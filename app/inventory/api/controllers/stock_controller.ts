import type { HttpContext } from '@adonisjs/core/http'
import { entityTag, sendResource } from '#http/headers/if_match'
import { pageBody, pageOf } from '#http/pagination'
import { findItem, listHoldings, listItems, type Holding } from '../../stock/find_stock.ts'
import { stockBody } from '../transformers/product_body.ts'
import { stockListParameters } from '../validators/stock.ts'

export default class StockController {
  async index({ request }: HttpContext) {
    const page = await pageOf(request.qs(), stockListParameters)
    return pageBody(await listItems(page), page, ({ sku }) => [sku], stockBody)
  }

  async show(ctx: HttpContext) {
    const item = await findItem(ctx.params.sku)
    const body = stockBody(item)
    return sendResource(ctx, entityTag(item.version, body), body)
  }

  async holdings({ request }: HttpContext) {
    const page = await pageOf(request.qs())
    return pageBody(await listHoldings(page), page, orderIdOf, (holding) => holding)
  }
}

const orderIdOf = ({ orderId }: Holding) => [orderId]
