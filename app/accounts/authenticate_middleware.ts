import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#http/problem'
import { accountOf } from './tokens.ts'

/** Says who is calling, from `Authorization: Bearer …`. */
export default class AuthenticateMiddleware {
  /** @param options.optional - an open address: no token is no account, but a wrong one is refused */
  async handle(ctx: HttpContext, next: NextFn, options: { optional?: boolean } = {}) {
    const token = bearerToken(ctx)
    if (token === null && options.optional) return next()
    const account = token === null ? null : await accountOf(token)
    if (!account) {
      throw new Problem(
        401,
        token === null ? 'token_missing' : 'token_invalid',
        token === null
          ? 'Send the header "Authorization: Bearer <access token>". POST /api/v1/tokens gives one.'
          : 'The access token is wrong, revoked or expired. POST /api/v1/tokens gives a new one.',
        { headers: { 'WWW-Authenticate': 'Bearer realm="quartermaster"' } }
      )
    }
    ctx.account = account
    return next()
  }
}

/** @returns the token, null when the header is missing or of another scheme */
export function bearerToken({ request }: HttpContext): string | null {
  return /^Bearer\s+(\S+)$/i.exec(request.header('authorization') ?? '')?.[1] ?? null
}
