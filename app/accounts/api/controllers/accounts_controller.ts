import type { HttpContext } from '@adonisjs/core/http'
import hash from '@adonisjs/core/services/hash'
import { signUpOpen } from '#config/auth'
import { networkOf } from '#http/client_network'
import { contentTag, sendResource } from '#http/headers/if_match'
import { Problem } from '#http/problem'
import { accountBody } from '../account_body.ts'
import { countSignUp } from '../../sign_in/attempts.ts'
import { withHashPermit } from '../../sign_in/password_hashing.ts'
import { insertAccount } from '../../sign_in/sign_up.ts'
import { signUpValidator } from '../validators.ts'

export default class AccountsController {
  async store({ request, response }: HttpContext) {
    if (!signUpOpen) {
      throw new Problem('sign_up_closed', 'Sign-up is disabled. Ask the shop for an account.')
    }
    const { password, ...person } = await signUpValidator.validate(request.body())
    await countSignUp(request.ip())
    const passwordHash = await withHashPermit(networkOf(request.ip()), () => hash.make(password))
    const account = await insertAccount({ ...person, passwordHash, role: 'customer' })
    return response.status(201).json(accountBody(account))
  }

  show(ctx: HttpContext) {
    const body = accountBody(ctx.account)
    return sendResource(ctx, contentTag(body), body)
  }
}
