import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#http/problem'
import { openTicket, ticketFor } from './tickets.ts'
import { signInById, signInOf, type TokenSignIn } from './tokens.ts'
import { watchToken } from './credential_watcher.ts'

/** Authenticates requests of the API by `Authorization: Bearer …`. */
export default class TokenMiddleware {
  /**
   * @param options.optional - accepts requests without a token, but not with a wrong one
   * @param options.ticket - also accepts `?ticket=…`
   */
  async handle(
    ctx: HttpContext,
    next: NextFn,
    options: { optional?: boolean; ticket?: boolean } = {}
  ) {
    refuseTokenInQuery(ctx)
    const token = bearerToken(ctx)
    const ticket: unknown = options.ticket && token === null ? ctx.request.qs().ticket : undefined
    if (ticket !== undefined) {
      signIn(ctx, (await signInByTicket(ctx, ticket)) ?? refuse('ticket_invalid'))
    } else if (token !== null) {
      signIn(ctx, (await signInOf(token)) ?? refuse('token_invalid'))
    } else if (!options.optional) {
      refuse('token_missing')
    }
    return next()
  }
}

/** @returns null if the header is missing or has another scheme */
export function bearerToken({ request }: HttpContext): string | null {
  return /^Bearer\s+(\S+)$/i.exec(request.header('authorization') ?? '')?.[1] ?? null
}

/** URLs are kept in logs and histories, so a token in one may be known to others. */
function refuseTokenInQuery({ request }: HttpContext) {
  const query = request.qs()
  if (!('access_token' in query) && !('token' in query)) return
  throw new Problem(
    'token_in_query',
    'The access token is in the URL, which is kept in logs. Revoke it, and send the new one in the Authorization header.'
  )
}

async function signInByTicket({ request }: HttpContext, ticket: unknown) {
  if (typeof ticket !== 'string') return null
  const tokenId = openTicket(ticket, request.url())
  return tokenId === null ? null : signInById(tokenId)
}

function signIn(ctx: HttpContext, { account, tokenId }: TokenSignIn) {
  ctx.account = account
  ctx.signIn = {
    whenEnded: (listener) => watchToken(tokenId, listener),
    ticketFor: (path) => ticketFor(path, tokenId),
  }
}

const REFUSALS = {
  token_missing:
    'Send the header "Authorization: Bearer <access token>". Create a token with POST /api/v1/tokens.',
  token_invalid:
    'The access token is wrong, revoked or expired. Create a new one with POST /api/v1/tokens.',
  ticket_invalid:
    'The ticket is wrong, expired, or for another path. Create a new one with POST …/stream-tickets.',
}

function refuse(code: keyof typeof REFUSALS): never {
  throw new Problem(code, REFUSALS[code], {
    headers: { 'WWW-Authenticate': 'Bearer realm="quartermaster"' },
  })
}
