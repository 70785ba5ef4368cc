/*
 * The problems of HTTP itself, for the operations of all modules.
 */
import type { ProblemEntry } from './problem_catalogue.ts'

export const httpProblems = {
  idempotency_key_invalid: [
    400,
    'The Idempotency-Key is invalid',
    'The Idempotency-Key is longer than 255 characters, or contains a space or a non-ASCII character.',
    'Send 1 to 255 visible ASCII characters, for example a UUID.',
  ],
  idempotency_key_missing: [
    400,
    'The Idempotency-Key is missing',
    'This request must not take effect twice, so it requires an Idempotency-Key.',
    'Send a new key, such as a UUID, with each new request. Send the same key when you retry a request whose response did not arrive.',
  ],
  if_match_malformed: [
    400,
    'If-Match is invalid',
    'If-Match is neither a list of ETags nor *; or If-None-Match is not *, or was sent together with If-Match.',
    'Send the ETag of the response in which you read the resource, with its quotation marks: If-Match: "3".',
  ],
  last_event_id_invalid: [
    400,
    'The Last-Event-ID is not from this stream',
    'The Last-Event-ID belongs to another stream or was changed. Resuming from it would skip events without notice.',
    'Connect without Last-Event-ID, read the current state once, and continue with the ids of the new stream.',
  ],
  malformed_address: [
    400,
    'The URL cannot be decoded',
    'The URL contains percent-encoded bytes that are not valid UTF-8.',
    'Encode the URL as UTF-8 before you percent-encode it. Most HTTP libraries do this for you.',
  ],
  malformed_json: [
    400,
    'The body is not valid JSON',
    'The body is incomplete, is not JSON in UTF-8, or is neither an object nor an array.',
    'Serialize the body with a JSON library, and send all of it.',
  ],
  client_disconnected: [
    400,
    'The client disconnected',
    'The connection was closed before the body had arrived. Nothing was changed.',
    'Retry with the same Idempotency-Key, if the request has one, and keep the connection open until the response arrives.',
  ],
  token_in_query: [
    400,
    'The access token is in the URL',
    'The access token was sent in the query string. URLs are kept in logs and histories, so others may know the token.',
    'Revoke the token, and send the new one in the header "Authorization: Bearer …". For streams in a browser, use stream tickets.',
  ],
  ticket_invalid: [
    401,
    'The stream ticket is not valid',
    'The ticket has expired, was changed, or belongs to another stream. It also ends with the access token that created it.',
    'Create a new ticket for this stream, and connect with it.',
  ],
  token_invalid: [
    401,
    'The access token is not valid',
    'The access token has expired, was revoked, or is incomplete.',
    'Create a new token with POST /api/v1/tokens. For a service, ask the operator of this shop.',
  ],
  token_missing: [
    401,
    'The access token is missing',
    'This operation requires authentication.',
    'Create a token with POST /api/v1/tokens, and send it in the header "Authorization: Bearer …".',
  ],
  role_not_allowed: [
    403,
    'Your role does not allow this',
    'You are authenticated, but this operation requires another role.',
    'Use an account with a role that the detail names. An administrator can create one.',
  ],
  csrf_token_invalid: [
    403,
    'The CSRF token is not valid',
    'The form of an admin page was submitted without its CSRF token, or with that of an earlier session. Nothing was changed.',
    'Load the page again, and submit its form. Programs use the API below /api/v1, which needs no CSRF token.',
  ],
  no_such_address: [
    404,
    'No route has this path',
    'The API has no operation at this path.',
    'Check the path for typing errors. API paths begin with /api/v1.',
  ],
  not_found: [
    404,
    'The resource does not exist',
    'The resource does not exist, or belongs to another account. The response does not reveal which.',
    'Check the id or SKU, and the account whose token you use.',
  ],
  method_not_allowed: [
    405,
    'The path does not support this method',
    'The path exists, but only with other methods.',
    'Use a method from the Allow header.',
  ],
  body_timeout: [
    408,
    'The body arrived too slowly',
    'The body did not arrive completely within 5 seconds. Nothing was changed.',
    'Send the whole body at once, on a new connection, because this one is closed. You can reuse the Idempotency-Key.',
  ],
  request_in_progress: [
    409,
    'A request with this key is in progress',
    'An earlier request with this Idempotency-Key has not been completed.',
    'Wait for the seconds in Retry-After, then retry with the same key to get its response.',
  ],
  version_moved: [
    412,
    'The resource has changed',
    'The resource has changed since you read it, or does not exist yet; or it already exists and you sent If-None-Match: *. Nothing was changed.',
    'Read it again, decide whether your change still applies, and send it with the new ETag.',
  ],
  body_too_large: [
    413,
    'The body is too large',
    'The body exceeds the maximum size of this operation.',
    'Split the request.',
  ],
  unsupported_encoding: [
    415,
    'The body is compressed',
    'The request has a Content-Encoding, which is not supported.',
    'Send the body without Content-Encoding.',
  ],
  unsupported_media_type: [
    415,
    'The Content-Type is not supported',
    'The Content-Type of the body is missing, or is not application/json.',
    'Send JSON, with the header "Content-Type: application/json".',
  ],
  idempotency_key_reused: [
    422,
    'The Idempotency-Key was used before',
    'Another request with this key and a different body was handled before.',
    'Use a new key for a new request. To retry the first request, send its original body.',
  ],
  invalid_cursor: [
    422,
    'The cursor is not from this list',
    'The cursor was changed, is incomplete, or is from another list.',
    'Pass the value of next unchanged to the list that returned it, or leave out cursor to start again.',
  ],
  invalid_fields: [
    422,
    'Some fields are invalid',
    'A field is missing, unknown, or has an invalid value. This also applies to query parameters.',
    'Correct the fields in errors. Each entry points to a field and says what is wrong. Nothing was changed, and you can reuse the Idempotency-Key.',
  ],
  if_match_required: [
    428,
    'If-Match is missing',
    'A change must name the version that it is based on, so that it does not overwrite another change.',
    'Send the ETag that you last read as If-Match. If-Match: * overwrites any version. For products, PATCH changes single fields without If-Match, and PUT with If-None-Match: * only creates.',
  ],
  rate_limited: [
    429,
    'Too many requests',
    'This account has sent more requests per minute than a customer may.',
    'Wait for the seconds in Retry-After, then try again. RateLimit-Remaining in each response is the number of requests left. For a program that serves many customers, use a service account, which has no limit.',
  ],
  too_many_streams: [
    429,
    'Too many event streams',
    'A customer can have 20 open event streams in each process, and a process 2,000 in total.',
    'Close streams that you no longer need, wait for the seconds in Retry-After, and connect again. One stream of GET /api/v1/orders/events follows all orders of a customer.',
  ],
  too_many_unfinished_bodies: [
    429,
    'Too many incomplete bodies from one address',
    'More than 64 requests from this address had incomplete bodies, and this one was the oldest. Nothing was changed.',
    'Wait for the seconds in Retry-After, then send whole bodies, fewer at a time. Behind a proxy the operator must set TRUSTED_PROXIES, or all clients share the address of the proxy.',
  ],
  internal_error: [
    500,
    'Internal server error',
    'The server failed. The error is logged.',
    'Retry with the same Idempotency-Key, if the request has one. If it fails again, send the requestId to the operator of this shop.',
  ],
  body_capacity_exceeded: [
    503,
    'Too many incomplete bodies',
    'More than 1,000 requests in this process had incomplete bodies, and this one was among the oldest. Nothing was changed.',
    'Wait for the seconds in Retry-After, then retry with the same Idempotency-Key, if the request has one, and send the whole body at once.',
  ],
  temporarily_unavailable: [
    503,
    'Temporarily unavailable',
    'The database is unavailable, or the process is too busy to check or hash a password; the detail says which. Usually nothing was changed. If the database connection broke during the commit, the change may have been made and only the response lost.',
    'Wait for the seconds in Retry-After, then retry with the same Idempotency-Key, if the request has one; it has no second effect. If a retried change gets 412, read the order, because the first request may have succeeded.',
  ],
} as const satisfies Record<string, ProblemEntry>

declare module './problem_catalogue.ts' {
  interface DeclaredProblems extends Record<keyof typeof httpProblems, true> {}
}
