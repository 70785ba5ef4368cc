import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { goTo, notice } from '#admin/notices'
import { unpark } from '#messaging/parked_keys'
import { operatorOf } from '../operator_of.ts'
import * as says from '../says.ts'
import { parkedKeyValidator } from '../validators.ts'

/** Keys whose message the broker refuses. */
export default class ParkedKeysController {
  async retry(ctx: HttpContext) {
    const { module, key } = await parkedKeyValidator.validate(ctx.request.body())
    ctx.thing = key
    notice(ctx, says.unparked(await unpark(db.connection(module), key, operatorOf(ctx))))
    return goTo(ctx, '/admin/operations')
  }
}
