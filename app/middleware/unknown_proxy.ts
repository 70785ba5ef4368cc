import type { HttpContext } from '@adonisjs/core/http'
import { isTrustedProxy } from '#config/app'

/** Warn once per process. */
let warned = false

/**
 * Warns the operator when an unknown proxy seems to be in front of this process: all clients then share the
 * proxy's address, and limits per address apply to all of them together.
 */
export function warnOfUnknownProxy({ request, logger }: HttpContext) {
  if (warned || request.header('x-forwarded-for') === undefined) return
  const peer = request.request.socket.remoteAddress
  if (peer === undefined || isTrustedProxy(peer)) return
  warned = true
  const address = peer.replace(/^::ffff:/i, '')
  logger.warn(
    { peer: address },
    `X-Forwarded-For ignored, its sender is not a trusted proxy. If ${address} is your proxy, set TRUSTED_PROXIES=${address}`
  )
}
