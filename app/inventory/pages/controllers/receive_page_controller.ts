import type { HttpContext } from '@adonisjs/core/http'
import { goTo } from '#admin/notices'
import { correctTally, countScan } from '../../receipts/count_scan.ts'
import { readCode } from '../../receipts/read_code.ts'
import { skuValidator } from '../../validators/stock.ts'
import { RECEIVE, renderReceive } from '../receive_page.ts'
import { correctionFormValidator, scanFormValidator } from '../validators.ts'

/** The scan loop. */
export default class ReceivePageController {
  show(ctx: HttpContext) {
    return renderReceive(ctx)
  }

  async scan(ctx: HttpContext) {
    if (isAnothers(ctx)) return ctx.response.conflict()
    const { _key: key, code } = await scanFormValidator.validate(ctx.request.body())
    await countScan(ctx.account, { key, ...readCode(code) })
    return answer(ctx, key)
  }

  async correct(ctx: HttpContext) {
    if (isAnothers(ctx)) return ctx.response.conflict()
    const { sku } = await skuValidator.validate(ctx.params)
    const { _key: key, quantity } = await correctionFormValidator.validate(ctx.request.body())
    await correctTally(ctx.account, { key, sku, quantity })
    return answer(ctx, key)
  }
}

/**
 * Our script says for whom it was scanned: what waits in a browser is not counted for whoever has signed in
 * there meanwhile.
 */
function isAnothers({ account, request }: HttpContext) {
  return ![undefined, account.id].includes(request.header('x-receive'))
}

/** Our script takes the page at once, without a redirect. */
function answer(ctx: HttpContext, key: string) {
  return ctx.request.header('x-receive') ? renderReceive(ctx, key) : goTo(ctx, RECEIVE)
}
