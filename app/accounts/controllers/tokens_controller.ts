import type { HttpContext } from '@adonisjs/core/http'
import { tokenDays } from '#config/accounts'
import { Problem } from '#http/problem'
import { accountBody } from '../account_body.ts'
import { bearerToken } from '../authenticate_middleware.ts'
import { issueToken, revokeToken, verifyPassword } from '../tokens.ts'
import { logInValidator } from '../validators/account.ts'

export default class TokensController {
  async store({ request, response }: HttpContext) {
    const { email, password } = await logInValidator.validate(request.body())
    const account = await verifyPassword(email, password)
    if (!account) {
      throw new Problem(401, 'wrong_credentials', 'The e-mail or the password is wrong.', {
        headers: { 'WWW-Authenticate': 'Bearer realm="quartermaster"' },
      })
    }
    const issued = await issueToken(account, tokenDays)
    return response.status(201).json({ ...issued, account: accountBody(account) })
  }

  async destroy(ctx: HttpContext) {
    await revokeToken(bearerToken(ctx)!)
    return ctx.response.noContent()
  }
}
