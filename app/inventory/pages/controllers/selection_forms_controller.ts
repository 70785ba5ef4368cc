import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { plural, number } from '#admin/format'
import { goBack, notice } from '#admin/notices'
import { actorOf } from '#contracts/actor'
import { formScope, once } from '#http/idempotency'
import { lockStock } from '../../ledger.ts'
import { restock } from '../../restock.ts'
import { selectionFormValidator } from '../validators.ts'

/** What is done to all rows that are selected in the list: all of them, or none. */
export default class SelectionFormsController {
  async restock(ctx: HttpContext) {
    const { account, request } = ctx
    const { skus, quantity, reference } = await selectionFormValidator.validate(request.body())
    const selected = [...new Set(skus)]
    ctx.thing = selected
    await once(db.connection('inventory'), formScope(ctx, account.id), async (trx) => {
      // All at once, in the order in which everybody locks balances.
      await lockStock(trx, selected)
      for (const sku of selected) await restock(trx, { sku, quantity, reference }, actorOf(account))
      return { status: 201, headers: {}, body: null }
    })
    notice(ctx, {
      about: plural(selected.length, 'SKU'),
      text: `restocked by ${number(quantity)} each, ${plural(selected.length * quantity, 'piece')} in all`,
      link: { href: `/admin/stock/movements?kind=restock&actor=${account.id}`, text: 'Look' },
    })
    return goBack(ctx, '/admin/stock')
  }
}
