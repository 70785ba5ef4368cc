import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { formScope, once } from '#http/idempotency'

/**
 * What a form about people does: clicked twice or sent again by a reload, still once, and said in the same
 * words.
 *
 * @param act - returns what is said of it, which is kept for a day
 */
export async function oneAct<Said extends object>(
  ctx: HttpContext,
  act: (trx: TransactionClientContract) => Promise<Said>
): Promise<Said> {
  const scope = formScope(ctx, ctx.account.id)
  const { body } = await once(db.connection('accounts'), scope, async (trx) => {
    return { status: 200, headers: {}, body: await act(trx) }
  })
  return body as Said
}
