import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { plural, number } from '#admin/format'
import { goBack, notice } from '#admin/notices'
import { actorOf } from '#contracts/actor'
import { formScope, once } from '#http/idempotency'
import { lockStock } from '../../ledger.ts'
import { restock } from '../../restock.ts'
import { reverseMovement } from '../../reverse_movement.ts'
import { selectionFormValidator, undoneFormValidator } from '../validators.ts'

/** What is done to all rows that are selected in the list: all of them, or none. */
export default class SelectionFormsController {
  async restock(ctx: HttpContext) {
    const { account, request } = ctx
    const { skus, quantity, reference } = await selectionFormValidator.validate(request.body())
    const selected = [...new Set(skus)]
    ctx.thing = selected
    const scope = formScope(ctx, account.id)
    const { body } = await once(db.connection('inventory'), scope, async (trx) => {
      // All at once, in the order in which everybody locks balances.
      await lockStock(trx, selected)
      const movements: string[] = []
      for (const sku of selected) {
        const { id } = await restock(trx, { sku, quantity, reference }, actorOf(account))
        movements.push(id)
      }
      return { status: 201, headers: {}, body: movements }
    })
    notice(ctx, {
      about: plural(selected.length, 'SKU'),
      text: `restocked by ${number(quantity)} each, ${plural(selected.length * quantity, 'piece')} in all`,
      link: { href: `/admin/stock/movements?kind=restock&actor=${account.id}`, text: 'Look' },
      undo: '/admin/stock/restocks/reversal',
      undone: body as string[],
    })
    return goBack(ctx, '/admin/stock')
  }

  async reverse(ctx: HttpContext) {
    const { account, request } = ctx
    const { undone } = await undoneFormValidator.validate(request.body())
    const scope = formScope(ctx, account.id)
    const { body } = await once(db.connection('inventory'), scope, async (trx) => {
      const rows: { sku: string }[] = await trx.from('movements').whereIn('id', undone)
      await lockStock(trx, [...new Set(rows.map(({ sku }) => sku))])
      const skus: string[] = []
      for (const id of undone) {
        const { sku } = await reverseMovement(trx, id, actorOf(account))
        skus.push(sku)
      }
      return { status: 201, headers: {}, body: skus }
    })
    const skus = body as string[]
    ctx.thing = skus
    notice(ctx, { about: plural(skus.length, 'SKU'), text: 'as before the restock of all of them' })
    return goBack(ctx, '/admin/stock')
  }
}
