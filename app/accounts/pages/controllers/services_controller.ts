import encryption from '@adonisjs/core/services/encryption'
import type { HttpContext } from '@adonisjs/core/http'
import { goTo, notice } from '#admin/notices'
import { submitOnce } from '#http/idempotency'
import { accounts } from '../../database.ts'
import { addService, addServiceToken } from '../../people/services.ts'
import { idValidator, nameFormValidator } from '../validators.ts'

/** Services: programs that sign in with tokens. */
export default class ServicesController {
  async store(ctx: HttpContext) {
    const { name } = await nameFormValidator.validate(ctx.request.body())
    const { id } = await submitOnce(ctx, accounts(), async (trx) => {
      const service = await addService(trx, name)
      return { id: service.id }
    })
    ctx.auditSubject = id
    notice(ctx, { about: name, text: 'is added. Create a token so that it can sign in' })
    return goTo(ctx, `/admin/people/${id}`)
  }

  async addToken(ctx: HttpContext) {
    const { id } = await idValidator.validate(ctx.params)
    const { name } = await nameFormValidator.validate(ctx.request.body())
    // Encrypted, because the database stores sessions and results of forms, but never tokens.
    const { sealed } = await submitOnce(ctx, accounts(), async () => {
      return { sealed: encryption.encrypt(await addServiceToken(id, name), '1 min', 'new token') }
    })
    ctx.session.flash('newToken', sealed)
    return goTo(ctx, `/admin/people/${id}`)
  }
}
