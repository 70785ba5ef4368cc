import type { HttpContext } from '@adonisjs/core/http'
import { ifMatch } from '#http/if_match'
import { pageBody, pageOf } from '#http/pages'
import { findItem, listItems } from '../find_stock.ts'
import { putProduct } from '../put_product.ts'
import { productBody } from '../transformers/product_body.ts'
import { productValidator, skuValidator, stockListParameters } from '../validators/stock.ts'

export default class ProductsController {
  async index({ account, request }: HttpContext) {
    const page = await pageOf(request.qs(), stockListParameters)
    const items = await listItems(page)
    return pageBody(
      items,
      page,
      ({ sku }) => [sku],
      (item) => productBody(item, account?.role ?? null)
    )
  }

  async show({ account, params, response }: HttpContext) {
    const item = await findItem(params.sku)
    response.header('ETag', `"${item.version}"`)
    return productBody(item, account?.role ?? null)
  }

  async update(ctx: HttpContext) {
    const { account, params, request, response } = ctx
    const { sku } = await skuValidator.validate(params)
    ctx.thing = sku
    const product = await productValidator.validate(request.body())
    const expected = request.header('if-match')?.trim() === '*' ? '*' : ifMatch(ctx)
    const { item, created } = await putProduct(sku, product, expected)
    response.status(created ? 201 : 200).header('ETag', `"${item.version}"`)
    return productBody(item, account.role)
  }
}
