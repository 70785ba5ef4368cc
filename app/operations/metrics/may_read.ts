import type { IncomingMessage } from 'node:http'
import { safeEqual } from '@adonisjs/core/helpers'
import { metricsToken } from '#config/app'

/** Whoever has the token; without one set, this machine: what a proxy passes on is not from here. */
export function mayReadMetrics({ headers, socket }: IncomingMessage) {
  if (metricsToken) {
    const [, token] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
    return token !== undefined && safeEqual(token, metricsToken)
  }
  const isPassedOn = ['x-forwarded-for', 'forwarded', 'via'].some((name) => headers[name])
  return !isPassedOn && LOOPBACK.test(socket.remoteAddress ?? '')
}

const LOOPBACK = /^(::ffff:)?127\.|^::1$/
