import type { IncomingMessage } from 'node:http'
import { safeEqual } from '@adonisjs/core/helpers'
import { metricsToken } from '#config/app'

/** With METRICS_TOKEN set: requests with the token. Without it: direct requests from this machine. */
export function mayReadMetrics({ headers, socket }: IncomingMessage) {
  if (metricsToken) {
    const [, token] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
    return token !== undefined && safeEqual(token, metricsToken)
  }
  const isPassedOn = ['x-forwarded-for', 'forwarded', 'via'].some((name) => headers[name])
  return !isPassedOn && LOOPBACK.test(socket.remoteAddress ?? '')
}

const LOOPBACK = /^(::ffff:)?127\.|^::1$/
