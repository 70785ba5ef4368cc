import type { HttpContext } from '@adonisjs/core/http'
import { tokenDays } from '#config/auth'
import { accountBody } from '../account_body.ts'
import { auditSignIn } from '../../audit/write_audit.ts'
import { bearerToken } from '../../credentials/token_middleware.ts'
import { logIn } from '../../sign_in/log_in.ts'
import { issueToken, revokeToken } from '../../credentials/tokens.ts'
import { logInValidator } from '../validators.ts'

export default class TokensController {
  async store(ctx: HttpContext) {
    const { request, response } = ctx
    const { email, password } = await logInValidator.validate(request.body())
    const account = await logIn(email, password, request.ip())
    await auditSignIn(ctx, account, 201)
    const issued = await issueToken(account, tokenDays)
    return response.status(201).json({ ...issued, account: accountBody(account) })
  }

  async destroy(ctx: HttpContext) {
    await revokeToken(bearerToken(ctx)!)
    return ctx.response.noContent()
  }
}
