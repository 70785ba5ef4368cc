import type { HttpContext } from '@adonisjs/core/http'
import { plural, signed } from '#admin/format'
import { goTo, notice } from '#admin/notices'
import { hasCheckDigit, isBarcode } from '../../products/gtin.ts'
import { forgetCode, identifyCode, unknownCodes } from '../../receipts/unknown_codes.ts'
import { listStock } from '../stock/list_stock.ts'
import { RECEIVE } from './receive_page.ts'
import { codeFormValidator, identityFormValidator, searchCodeValidator } from '../validators.ts'

const FOUND = 20

/** Unknown codes: a person identifies or forgets them. */
export default class UnknownCodesController {
  async show(ctx: HttpContext) {
    const { code, q } = await searchCodeValidator.validate(ctx.request.qs())
    const codes = await unknownCodes(ctx.account)
    const unknown = codes.find((one) => one.code === code)
    if (!unknown) return goTo(ctx, RECEIVE)
    const slice = { limit: FOUND, from: null, backwards: false }
    const items = q === undefined ? [] : await listStock({ q }, slice)
    return ctx.view.render('inventory::pages/unknown_code', {
      ...{ unknown, q, items: items.slice(0, FOUND) },
      ...{ barcode: isBarcode(code) && hasCheckDigit(code), misread: isBarcode(code) },
    })
  }

  async identify(ctx: HttpContext) {
    const { code, sku } = await identityFormValidator.validate(ctx.request.body())
    const { units, attached } = await identifyCode(ctx.account, code, sku)
    const text = [
      attached ? `now has the barcode ${code}` : `was chosen for ${code}, without adding a barcode`,
      units > 0 ? `${signed(units)} on this receipt` : 'counted before',
    ].join(', ')
    notice(ctx, { about: sku, text, link: { href: `/admin/stock/${sku}/edit`, text: 'Change' } })
    return goTo(ctx, RECEIVE)
  }

  async forget(ctx: HttpContext) {
    const { code } = await codeFormValidator.validate(ctx.request.body())
    const units = await forgetCode(ctx.account, code)
    const text = `forgotten, with ${plural(units, 'unit')}. Scan it again to bring it back.`
    notice(ctx, { about: code, text })
    return goTo(ctx, RECEIVE)
  }
}
