import type { IncomingMessage, ServerResponse } from 'node:http'
import { Problem, problemBody } from '../problem.ts'
import { ensureRequestId } from '../headers/request_id.ts'

/** Responds to a URL that cannot be decoded, such as `/%ff`, which reaches neither routes nor middleware. */
export function refuseBadAddress(publicUrl: string) {
  return ({ url = '/', headers }: IncomingMessage, response: ServerResponse) => {
    const problem = new Problem(
      'malformed_address',
      'The URL contains percent-encoded bytes that are not valid UTF-8. Encode it as UTF-8.'
    )
    const requestId = ensureRequestId(headers)
    response.writeHead(problem.status, {
      'content-type': 'application/problem+json; charset=utf-8',
      'X-Request-Id': requestId,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    })
    response.end(JSON.stringify(problemBody(problem, { publicUrl, url, requestId })))
  }
}
