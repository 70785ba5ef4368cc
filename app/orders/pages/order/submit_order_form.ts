import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { goTo, notice } from '#admin/notices'
import { submitOnce } from '#http/idempotency'
import { orderId } from '../../validators/order_id.ts'

/**
 * Applies a form to the order in the address, once even if it is submitted twice, and shows the order.
 *
 * @param change - makes the change and returns the notice to show
 */
export async function submitOrderForm(
  ctx: HttpContext,
  change: (trx: TransactionClientContract, id: string) => Promise<{ about: string; text: string }>
) {
  const id = orderId(ctx)
  notice(ctx, await submitOnce(ctx, db.connection('orders'), (trx) => change(trx, id)))
  return goTo(ctx, `/admin/orders/${id}`)
}
