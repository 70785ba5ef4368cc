import encryption from '@adonisjs/core/services/encryption'
import type { HttpContext } from '@adonisjs/core/http'
import { goTo, notice } from '#admin/notices'
import { addService, addServiceToken } from '../../people/services.ts'
import { idValidator, nameFormValidator } from '../validators.ts'

/** Programs that sign in with tokens. */
export default class ServicesController {
  async store(ctx: HttpContext) {
    const { name } = await nameFormValidator.validate(ctx.request.body())
    const service = await addService(name)
    notice(ctx, { about: name, text: 'is a service now; it needs a token' })
    return goTo(ctx, `/admin/people/${service.id}`)
  }

  async addToken(ctx: HttpContext) {
    const { id } = await idValidator.validate(ctx.params)
    const { name } = await nameFormValidator.validate(ctx.request.body())
    const token = await addServiceToken(id, name)
    // Sealed: what a session holds is in the database, and a token is not.
    ctx.session.flash('newToken', encryption.encrypt(token, undefined, 'new token'))
    return goTo(ctx, `/admin/people/${id}`)
  }
}
