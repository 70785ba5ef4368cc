import type { HttpContext } from '@adonisjs/core/http'
import { goTo } from '#admin/notices'
import { correctQuantity } from '../../receipts/correct_quantity.ts'
import { countScan } from '../../receipts/count_scan.ts'
import { readCode } from '../../receipts/read_code.ts'
import { skuValidator } from '../../api/validators/stock.ts'
import { RECEIVE, renderReceive } from './receive_page.ts'
import { correctionFormValidator, scanFormValidator } from '../validators.ts'

export default class ReceivePageController {
  show(ctx: HttpContext) {
    return renderReceive(ctx)
  }

  async scan(ctx: HttpContext) {
    if (isOfOtherAccount(ctx)) return ctx.response.conflict()
    const { _key: key, code } = await scanFormValidator.validate(ctx.request.body())
    await countScan(ctx.account, { key, ...readCode(code) })
    return respond(ctx, key)
  }

  async correct(ctx: HttpContext) {
    if (isOfOtherAccount(ctx)) return ctx.response.conflict()
    const { sku } = await skuValidator.validate(ctx.params)
    const { _key: key, quantity } = await correctionFormValidator.validate(ctx.request.body())
    await correctQuantity(ctx.account, { key, sku, quantity })
    return respond(ctx, key)
  }
}

/**
 * The page's script sends the account that scanned. Scans that wait in the browser must not count for
 * another account that has signed in since.
 */
function isOfOtherAccount({ account, request }: HttpContext) {
  const scannedBy = request.header('x-receive')
  return scannedBy !== undefined && scannedBy !== account.id
}

/** The page's script gets the page at once, without a redirect. */
function respond(ctx: HttpContext, key: string) {
  return ctx.request.header('x-receive') ? renderReceive(ctx, key) : goTo(ctx, RECEIVE)
}
