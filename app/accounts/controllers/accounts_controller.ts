import type { HttpContext } from '@adonisjs/core/http'
import { signUpOpen } from '#config/accounts'
import { Problem } from '#http/problem'
import { accountBody } from '../account_body.ts'
import { countSignUp } from '../attempts.ts'
import { createAccount } from '../sign_up.ts'
import { signUpValidator } from '../validators/account.ts'

export default class AccountsController {
  async store({ request, response }: HttpContext) {
    if (!signUpOpen) {
      throw new Problem(403, 'sign_up_closed', 'This shop makes the accounts itself.')
    }
    const person = await signUpValidator.validate(request.body())
    await countSignUp(request.ip())
    const account = await createAccount({ ...person, role: 'customer' })
    return response.status(201).json(accountBody(account))
  }

  show({ account }: HttpContext) {
    return accountBody(account)
  }
}
