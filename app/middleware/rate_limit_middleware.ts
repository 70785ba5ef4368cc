import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import limiter from '@adonisjs/limiter/services/main'
import { requestsAMinute } from '#config/limiter'
import { Problem } from '#http/problem'

const requests =
  requestsAMinute && limiter.use('memory', { requests: requestsAMinute, duration: '1 minute' })

/** Limits the requests per minute of each customer. Staff and services have no limit. */
export default class RateLimitMiddleware {
  async handle({ account, response }: HttpContext, next: NextFn) {
    // Routes that need no token may have no account.
    if (!requests || account?.role !== 'customer') return next()
    const { limit, remaining, consumed, availableIn } = await requests.increment(account.id)
    response.header('RateLimit-Limit', limit)
    response.header('RateLimit-Remaining', remaining)
    response.header('RateLimit-Reset', availableIn)
    if (consumed > limit) throw rateLimited(limit, availableIn)
    return next()
  }
}

function rateLimited(limit: number, seconds: number) {
  return new Problem(
    'rate_limited',
    `A customer account can send ${limit} requests per minute. Retry after ${seconds} s.`,
    { headers: { 'Retry-After': String(seconds) } }
  )
}
