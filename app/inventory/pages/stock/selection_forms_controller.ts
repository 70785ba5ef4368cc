import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { plural, number } from '#admin/format'
import { goBack, notice } from '#admin/notices'
import { actorOf } from '#contracts/actor'
import { submitOnce } from '#http/idempotency'
import type { Booking } from '../../ledger/bookings.ts'
import { lockStock } from '../../ledger/ledger.ts'
import { restock } from '../../stock/restock.ts'
import { reverseMovement } from '../../stock/reverse_movement.ts'
import { rejectRepeated } from '../reject_repeated.ts'
import { selectionFormValidator, undoneFormValidator } from '../validators.ts'
import { rejectUnusual } from './usual_quantity.ts'

/** Actions on all selected rows of the list, in one transaction. */
export default class SelectionFormsController {
  async restock(ctx: HttpContext) {
    const { account, request } = ctx
    const form = await selectionFormValidator.validate(request.body())
    const { skus, quantity, reference, confirmed, again } = form
    const selected = [...new Set(skus)]
    ctx.auditSubject = selected
    const undone = await submitOnce(ctx, db.connection('inventory'), async (trx) => {
      // Locks all balances at once, in SKU order.
      await lockStock(trx, selected)
      const bookings = selected.map((sku) => ({ sku, units: quantity }))
      await rejectUnusual(trx, 'restock', { token: quantity, confirmed }, bookings)
      const movements: string[] = []
      let newest: Booking | null = null
      for (const sku of selected) {
        const goods = { sku, quantity, reference }
        const { id } = await restock(trx, goods, actorOf(account), (earlier) => {
          if (earlier && (!newest || earlier.at > newest.at)) newest = earlier
        })
        movements.push(id)
      }
      rejectRepeated(newest, again)
      return movements
    })
    notice(ctx, {
      about: plural(selected.length, 'SKU'),
      text: `restocked by ${number(quantity)} each, ${plural(selected.length * quantity, 'unit')} in total`,
      link: { href: `/admin/stock/movements?kind=restock&actor=${account.id}`, text: 'View' },
      undo: '/admin/stock/restocks/reversal',
      undone,
    })
    return goBack(ctx, '/admin/stock')
  }

  async reverse(ctx: HttpContext) {
    const { account, request } = ctx
    const { undone } = await undoneFormValidator.validate(request.body())
    const skus = await submitOnce(ctx, db.connection('inventory'), async (trx) => {
      const rows: { sku: string }[] = await trx.from('movements').whereIn('id', undone)
      await lockStock(trx, [...new Set(rows.map(({ sku }) => sku))])
      const restored: string[] = []
      for (const id of undone) {
        const { sku } = await reverseMovement(trx, id, actorOf(account))
        restored.push(sku)
      }
      return restored
    })
    ctx.auditSubject = skus
    notice(ctx, {
      about: plural(skus.length, 'SKU'),
      text: 'restored to the stock before the restock',
    })
    return goBack(ctx, '/admin/stock')
  }
}
