import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Accepted ids: nothing that needs escaping in headers or logs. */
const ACCEPTED = /^[\w.-]{1,128}$/

/** Generates a request id unless the caller sent an acceptable one. */
export function ensureRequestId(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id']
  if (typeof given === 'string' && ACCEPTED.test(given)) return given
  return (headers['x-request-id'] = randomUUID())
}
