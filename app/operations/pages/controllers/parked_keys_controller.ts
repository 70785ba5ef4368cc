import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { goTo, notice } from '#admin/notices'
import { unpark } from '#messaging/recovery/parked_keys'
import { operatorOf } from '../operator_of.ts'
import * as notices from '../operator_notices.ts'
import { parkedKeyValidator } from '../validators.ts'

/** Keys whose message the broker refuses. */
export default class ParkedKeysController {
  async retry(ctx: HttpContext) {
    const { module, key } = await parkedKeyValidator.validate(ctx.request.body())
    ctx.auditSubject = key
    notice(ctx, notices.unparked(await unpark(db.connection(module), key, operatorOf(ctx))))
    return goTo(ctx, '/admin/operations')
  }
}
