import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** What we put into answers and logs: nothing that needs quoting there. */
const SANE = /^[\w.-]{1,128}$/

/** Makes the request's id one of ours when the caller gave none, or one that we would not repeat. */
export function settleRequestId(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id']
  if (typeof given === 'string' && SANE.test(given)) return given
  return (headers['x-request-id'] = randomUUID())
}
