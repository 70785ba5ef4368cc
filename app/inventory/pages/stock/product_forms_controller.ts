import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { money } from '#admin/format'
import { goTo, notice } from '#admin/notices'
import { prices } from '#config/app'
import { majorUnits } from '#http/currencies'
import { submitOnce } from '#http/idempotency'
import { findBarcodeClashes } from '../../products/barcode_clashes.ts'
import { findItem } from '../../stock/find_stock.ts'
import { putProduct } from '../../products/put_product.ts'
import { productValidator, skuValidator } from '../../api/validators/stock.ts'
import { productOfForm } from './product_form.ts'

/** Lists and changes products. */
export default class ProductFormsController {
  /** May be prefilled with an unknown code, as the barcode or as the SKU. */
  create({ request, view }: HttpContext) {
    const { sku, barcodes } = request.qs()
    return view.render('inventory::pages/product', {
      item: null,
      clashes: [],
      typed: { currency: prices.currency ?? 'EUR', active: true, sku, barcodes },
    })
  }

  async store(ctx: HttpContext) {
    const { sku } = await skuValidator.validate(ctx.request.body())
    ctx.auditSubject = sku
    const product = await productValidator.validate(await productOfForm(ctx.request.body()))
    await submitOnce(ctx, db.connection('inventory'), async (trx) => {
      await putProduct(sku, product, 'new', trx)
      return null
    })
    notice(ctx, { about: sku, text: `listed at ${money(product.price)}` })
    return goTo(ctx, `/admin/stock/${sku}`)
  }

  async edit({ params, view }: HttpContext) {
    const item = await findItem(params.sku)
    const clashes = await findBarcodeClashes(db.connection('inventory'), item.sku, 10)
    return view.render('inventory::pages/product', {
      item,
      clashes,
      typed: {
        name: item.name,
        price: majorUnits(item.price),
        currency: item.priceCurrency,
        lowStockAt: item.lowStockAt,
        barcodes: item.barcodes.map(({ barcode }) => barcode).join('\n'),
        active: item.active,
      },
    })
  }

  async update(ctx: HttpContext) {
    const { sku } = await skuValidator.validate(ctx.params)
    ctx.auditSubject = sku
    const { version } = ctx.request.body()
    const product = await productValidator.validate(await productOfForm(ctx.request.body()))
    await submitOnce(ctx, db.connection('inventory'), async (trx) => {
      await putProduct(sku, product, Number(version) || '*', trx)
      return null
    })
    notice(ctx, { about: sku, text: `saved: ${product.name}, ${money(product.price)}` })
    return goTo(ctx, `/admin/stock/${sku}`)
  }
}
