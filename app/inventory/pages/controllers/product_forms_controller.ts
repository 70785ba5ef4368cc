import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { money } from '#admin/format'
import { goTo, notice } from '#admin/notices'
import { formScope, once } from '#http/idempotency'
import { findItem } from '../../find_stock.ts'
import { putProduct } from '../../put_product.ts'
import { productValidator, skuValidator } from '../../validators/stock.ts'
import { productOfForm, typedPrice } from '../product_form.ts'

/** Listing a product, and changing what is said of it. */
export default class ProductFormsController {
  /** For a code that was scanned in vain: as a barcode of it, or as its SKU. */
  create({ request, view }: HttpContext) {
    const { sku, barcodes } = request.qs()
    return view.render('inventory::pages/product', {
      item: null,
      typed: { currency: 'EUR', active: true, sku, barcodes },
    })
  }

  async store(ctx: HttpContext) {
    const { sku } = await skuValidator.validate(ctx.request.body())
    ctx.thing = sku
    const product = await productValidator.validate(await productOfForm(ctx.request.body()))
    await once(db.connection('inventory'), formScope(ctx, ctx.account.id), async (trx) => {
      await putProduct(sku, product, 'new', trx)
      return { status: 201, headers: {}, body: null }
    })
    notice(ctx, { about: sku, text: `is listed at ${money(product.price)}` })
    return goTo(ctx, `/admin/stock/${sku}`)
  }

  async edit({ params, view }: HttpContext) {
    const item = await findItem(params.sku)
    const price = { amount: Number(item.priceAmount), currency: item.priceCurrency }
    return view.render('inventory::pages/product', {
      item,
      price,
      typed: {
        name: item.name,
        price: typedPrice(price),
        currency: item.priceCurrency,
        lowStockAt: item.lowStockAt,
        barcodes: item.barcodes.map(({ barcode }) => barcode).join('\n'),
        active: item.active,
      },
    })
  }

  async update(ctx: HttpContext) {
    const { sku } = await skuValidator.validate(ctx.params)
    ctx.thing = sku
    const { version } = ctx.request.body()
    const product = await productValidator.validate(await productOfForm(ctx.request.body()))
    await once(db.connection('inventory'), formScope(ctx, ctx.account.id), async (trx) => {
      await putProduct(sku, product, Number(version) || '*', trx)
      return { status: 200, headers: {}, body: null }
    })
    notice(ctx, { about: sku, text: `is saved: ${product.name}, ${money(product.price)}` })
    return goTo(ctx, `/admin/stock/${sku}`)
  }
}
