/*
 * The problems of HTTP itself, which operations of every module can answer with.
 */
import type { ProblemKind } from './problem_catalogue.ts'

export const httpProblems = {
  idempotency_key_invalid: {
    status: 400,
    title: 'The Idempotency-Key is invalid',
    cause:
      'The Idempotency-Key is longer than 255 characters, or contains a space or a non-ASCII character.',
    remedy: 'Send 1 to 255 visible ASCII characters, for example a UUID.',
  },
  idempotency_key_missing: {
    status: 400,
    title: 'The Idempotency-Key is missing',
    cause: 'This request must not take effect twice, so it requires an Idempotency-Key.',
    remedy:
      'Send a new key, such as a UUID, with each new request. Send the same key when you retry a request whose response did not arrive.',
  },
  if_match_malformed: {
    status: 400,
    title: 'If-Match is invalid',
    cause:
      'If-Match is neither a single ETag nor *; or If-None-Match is not *, or was sent together with If-Match.',
    remedy:
      'Send the ETag of the response in which you read the resource, with its quotation marks: If-Match: "3".',
  },
  last_event_id_invalid: {
    status: 400,
    title: 'The Last-Event-ID is not from this stream',
    cause:
      'The Last-Event-ID belongs to another stream or was changed. Resuming from it would skip events without notice.',
    remedy:
      'Connect without Last-Event-ID, read the current state once, and continue with the ids of the new stream.',
  },
  malformed_address: {
    status: 400,
    title: 'The URL cannot be decoded',
    cause: 'The URL contains percent-encoded bytes that are not valid UTF-8.',
    remedy:
      'Encode the URL as UTF-8 before you percent-encode it. Most HTTP libraries do this for you.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not valid JSON',
    cause: 'The body is incomplete, is not JSON, or is neither an object nor an array.',
    remedy: 'Serialize the body with a JSON library, and send all of it.',
  },
  token_in_query: {
    status: 400,
    title: 'The access token is in the URL',
    cause:
      'The access token was sent in the query string. URLs are kept in logs and histories, so others may know the token.',
    remedy:
      'Revoke the token, and send the new one in the header "Authorization: Bearer …". For streams in a browser, use stream tickets.',
  },
  ticket_invalid: {
    status: 401,
    title: 'The stream ticket is not valid',
    cause:
      'The ticket has expired, was changed, or belongs to another stream. It also ends with the access token that created it.',
    remedy: 'Create a new ticket for this stream, and connect with it.',
  },
  token_invalid: {
    status: 401,
    title: 'The access token is not valid',
    cause: 'The access token has expired, was revoked, or is incomplete.',
    remedy:
      'Create a new token with POST /api/v1/tokens. For a service, ask the operator of this shop.',
  },
  token_missing: {
    status: 401,
    title: 'The access token is missing',
    cause: 'This operation requires authentication.',
    remedy:
      'Create a token with POST /api/v1/tokens, and send it in the header "Authorization: Bearer …".',
  },
  role_not_allowed: {
    status: 403,
    title: 'Your role does not allow this',
    cause: 'You are authenticated, but this operation requires another role.',
    remedy: 'Use an account with a role that the detail names. An administrator can create one.',
  },
  no_such_address: {
    status: 404,
    title: 'No route has this path',
    cause: 'The API has no operation at this path.',
    remedy: 'Check the path for typing errors. API paths begin with /api/v1.',
  },
  not_found: {
    status: 404,
    title: 'The resource does not exist',
    cause:
      'The resource does not exist, or belongs to another account. The response does not reveal which.',
    remedy: 'Check the id or SKU, and the account whose token you use.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The path does not support this method',
    cause: 'The path exists, but only with other methods.',
    remedy: 'Use a method from the Allow header.',
  },
  body_timeout: {
    status: 408,
    title: 'The body arrived too slowly',
    cause: 'The body did not arrive completely within 5 seconds. Nothing was changed.',
    remedy:
      'Send the whole body at once, on a new connection, because this one is closed. You can reuse the Idempotency-Key.',
  },
  request_in_progress: {
    status: 409,
    title: 'A request with this key is in progress',
    cause: 'An earlier request with this Idempotency-Key has not been completed.',
    remedy: 'Retry with the same key after Retry-After to get its response.',
  },
  version_moved: {
    status: 412,
    title: 'The resource has changed',
    cause:
      'The resource has changed since you read it, or does not exist yet; or it already exists and you sent If-None-Match: *. Nothing was changed.',
    remedy:
      'Read it again, decide whether your change still applies, and send it with the new ETag.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    cause: 'The body exceeds the maximum size of this operation.',
    remedy: 'Split the request.',
  },
  unsupported_encoding: {
    status: 415,
    title: 'The body is compressed',
    cause: 'The request has a Content-Encoding, which is not supported.',
    remedy: 'Send the body without Content-Encoding.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The Content-Type is not supported',
    cause: 'The Content-Type of the body is missing, or is not application/json.',
    remedy: 'Send JSON, with the header "Content-Type: application/json".',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used before',
    cause: 'Another request with this key and a different body was handled before.',
    remedy: 'Use a new key for a new request. To retry the first request, send its original body.',
  },
  invalid_cursor: {
    status: 422,
    title: 'The cursor is not from this list',
    cause: 'The cursor was changed, is incomplete, or is from another list.',
    remedy:
      'Pass the value of next unchanged to the list that returned it, or leave out cursor to start again.',
  },
  invalid_fields: {
    status: 422,
    title: 'Some fields are invalid',
    cause:
      'A field is missing, unknown, or has an invalid value. This also applies to query parameters.',
    remedy:
      'Correct the fields in errors. Each entry points to a field and says what is wrong. Nothing was changed, and you can reuse the Idempotency-Key.',
  },
  if_match_required: {
    status: 428,
    title: 'If-Match is missing',
    cause:
      'A change must name the version that it is based on, so that it does not overwrite another change.',
    remedy:
      'Send the ETag that you last read as If-Match. If-Match: * overwrites any version. For products, PATCH changes single fields without If-Match, and PUT with If-None-Match: * only creates.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    cause: 'This account has sent more requests per minute than a customer may.',
    remedy:
      'Retry after Retry-After. RateLimit-Remaining in each response is the number of requests left. For a program that serves many customers, use a service account, which has no limit.',
  },
  too_many_streams: {
    status: 429,
    title: 'Too many event streams',
    cause:
      'A customer can have 20 open event streams in each process, and a process 2,000 in total.',
    remedy:
      'Close streams that you no longer need, and connect again after Retry-After. One stream of GET /api/v1/orders/events follows all orders of a customer.',
  },
  too_many_unfinished_bodies: {
    status: 429,
    title: 'Too many incomplete bodies from one address',
    cause:
      'More than 64 requests from this address had incomplete bodies, and this one was the oldest. Nothing was changed.',
    remedy:
      'Send whole bodies, fewer at a time, and retry after Retry-After. Behind a proxy the operator must set TRUSTED_PROXIES, or all clients share the address of the proxy.',
  },
  internal_error: {
    status: 500,
    title: 'Internal server error',
    cause: 'The server failed. The error is logged.',
    remedy:
      'Retry with the same Idempotency-Key, if the request has one. If it fails again, send the requestId to the operator of this shop.',
  },
  body_capacity_exceeded: {
    status: 503,
    title: 'Too many incomplete bodies',
    cause:
      'More than 1,000 requests in this process had incomplete bodies, and this one was among the oldest. Nothing was changed.',
    remedy:
      'Retry after Retry-After with the same Idempotency-Key, if the request has one, and send the whole body at once.',
  },
  temporarily_unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    cause:
      'The database is unavailable, or the process is too busy to check or hash a password; the detail says which. Usually nothing was changed. If the database connection broke during the commit, the change may have been made and only the response lost.',
    remedy:
      'Retry after Retry-After with the same Idempotency-Key, if the request has one; it has no second effect. If a retried change gets 412, read the order, because the first request may have succeeded.',
  },
} as const satisfies Record<string, ProblemKind>

type HttpProblems = typeof httpProblems

declare module './problem_catalogue.ts' {
  interface DeclaredProblems extends HttpProblems {}
}
