import type { HttpContext } from '@adonisjs/core/http'
import { safeEqual } from '@adonisjs/core/helpers'
import { register } from 'prom-client'
import { metricsToken } from '#config/app'
import { Problem } from '#http/problem'
import { scrape } from '../metrics/scrape.ts'

export default class MetricsController {
  /** @throws Problem 404 `no_such_address` for whoever may not read them */
  async index({ request, response }: HttpContext) {
    if (!mayRead(request)) {
      throw new Problem(404, 'no_such_address', 'There is nothing at this address.')
    }
    return response.header('content-type', register.contentType).send(await scrape())
  }
}

/** Whoever has the token; without one set, this machine: what a proxy passes on is not from here. */
function mayRead(request: HttpContext['request']) {
  if (metricsToken) {
    const [, token] = /^Bearer (.+)$/i.exec(request.header('authorization') ?? '') ?? []
    return token !== undefined && safeEqual(token, metricsToken)
  }
  const isPassedOn = ['x-forwarded-for', 'forwarded', 'via'].some((name) => request.header(name))
  return !isPassedOn && LOOPBACK.test(request.request.socket.remoteAddress ?? '')
}

const LOOPBACK = /^(::ffff:)?127\.|^::1$/
