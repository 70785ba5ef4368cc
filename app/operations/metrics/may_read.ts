import type { IncomingMessage } from 'node:http'
import { safeEqual } from '@adonisjs/core/helpers'
import app from '@adonisjs/core/services/app'
import { metricsToken } from '#config/app'

/**
 * Whether a request may read the metrics, and the details of the readiness. With METRICS_TOKEN set: requests with the
 * token. Without it: nobody in production, where a proxy on the same machine looks like the machine itself, and direct
 * requests from this machine in development.
 */
export function mayReadMetrics({ headers, socket }: IncomingMessage) {
  if (metricsToken) {
    const [, token] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
    return token !== undefined && safeEqual(token, metricsToken)
  }
  if (app.inProduction) return false
  const isPassedOn = ['x-forwarded-for', 'forwarded', 'via'].some((name) => headers[name])
  return !isPassedOn && LOOPBACK.test(socket.remoteAddress ?? '')
}

const LOOPBACK = /^(::ffff:)?127\.|^::1$/
