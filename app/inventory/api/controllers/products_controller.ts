import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import { optionalScope, once, send } from '#http/idempotency'
import { entityTag, ifMatch, ifNoneMatch, sendResource } from '#http/headers/if_match'
import { pageBody, pageOf } from '#http/pagination'
import { notFound } from '#http/problem'
import { findItem, listItems } from '../../stock/find_stock.ts'
import { patchProduct } from '../../products/patch_product.ts'
import { putProduct, type Expected } from '../../products/put_product.ts'
import { productBody } from '../transformers/product_body.ts'
import {
  productPatchValidator,
  productValidator,
  skuValidator,
  stockListParameters,
} from '../validators/stock.ts'

export default class ProductsController {
  async index({ account, request }: HttpContext) {
    const page = await pageOf(request.qs(), stockListParameters)
    const items = await listItems(page, { active: isPublic(account) })
    return pageBody(
      items,
      page,
      ({ sku }) => [sku],
      (item) => productBody(item, account?.role ?? null)
    )
  }

  async show(ctx: HttpContext) {
    const { account, params } = ctx
    const item = await findItem(params.sku)
    if (isPublic(account) && !item.active) throw notFound('product')
    const body = productBody(item, account?.role ?? null)
    return sendResource(ctx, entityTag(item.version, body), body)
  }

  async update(ctx: HttpContext) {
    const { account, params, request, response } = ctx
    const { sku } = await skuValidator.validate(params)
    ctx.auditSubject = sku
    const product = await productValidator.validate(request.body())
    const { item, created } = await putProduct(sku, product, expectedBy(ctx))
    response.status(created ? 201 : 200).header('ETag', entityTag(item.version))
    return productBody(item, account.role)
  }

  async patch(ctx: HttpContext) {
    const { account, params, request } = ctx
    const scope = optionalScope(ctx, ['lowStockAt', 'barcodes'])
    const { sku } = await skuValidator.validate(params)
    ctx.auditSubject = sku
    const patch = await productPatchValidator.validate(request.body())
    const expected = ifMatch(ctx)
    const response = await once(db.connection('inventory'), scope, async (trx) => {
      const item = await patchProduct(trx, sku, patch, expected)
      const headers = { ETag: entityTag(item.version) }
      return { status: 200, headers, body: productBody(item, account.role) }
    })
    return send(ctx, response)
  }
}

/** Whether the reader only sees what is for sale: the public and customers. */
function isPublic(account: SignedIn | undefined) {
  return !account || account.role === 'customer'
}

/** @throws Problem 400 `if_match_malformed` */
function expectedBy(ctx: HttpContext): Expected {
  if (ifNoneMatch(ctx)) return 'none'
  return ctx.request.header('if-match')?.trim() === '*' ? '*' : ifMatch(ctx)
}
