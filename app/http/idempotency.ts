/*
 * Idempotency-Key: a retried request has one effect and one response. The key commits in the same
 * transaction as the effect, so neither exists without the other.
 */
import { createHash } from 'node:crypto'
import type { HttpContext } from '@adonisjs/core/http'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#postgres/run'
import { trimmed } from './characters.ts'
import { isUuid } from '#runtime/uuid'
import { Problem } from './problem.ts'

/** A key is unique per account, method and path. */
export interface IdempotencyScope {
  accountId: string
  method: string
  /** Canonical path, so that all spellings of a URL share it. */
  path: string
  /** The requested path, if it differs: release 0.1.0 stored keys under it. */
  requestedPath?: string
  key: string
  /** SHA-256 of the parsed body with sorted members. */
  payloadHash: string
  /** A form waits for the response to the first click; a program gets 409 and retries. */
  waits?: boolean
}

/** Rows per delete, so that it does not slow down writers. */
const MOST_FORGOTTEN = 5_000

export interface Answer {
  status: number
  headers: Record<string, string>
  body: unknown
}

/**
 * @throws Problem 400 `idempotency_key_missing` or `idempotency_key_invalid`
 */
export function idempotencyScope(ctx: HttpContext, accountId: string): IdempotencyScope {
  const scope = offeredScope(ctx, accountId)
  if (!scope) {
    throw new Problem(
      400,
      'idempotency_key_missing',
      'The Idempotency-Key header is missing. Send a new key, such as a UUID, and the same key when you retry.'
    )
  }
  return scope
}

/**
 * The same where the key is optional: null without one.
 *
 * @throws Problem 400 `idempotency_key_invalid`
 */
export function offeredScope(ctx: HttpContext, accountId: string): IdempotencyScope | null {
  const { request } = ctx
  // `request.header` treats an empty header as missing.
  const key = request.headers()['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Problem(
      400,
      'idempotency_key_invalid',
      'The Idempotency-Key must be 1 to 255 visible ASCII characters.'
    )
  }
  return {
    accountId,
    ...addressOf(ctx),
    key,
    payloadHash: createHash('sha256').update(canonical(request.body())).digest('hex'),
  }
}

/**
 * The same for a form, which contains a key from when it was rendered: a double click or a reload has one
 * effect, and a form with other input is another request. Null without a key.
 */
export function formScope(ctx: HttpContext, accountId: string): IdempotencyScope | null {
  // A resubmitted form also contains its page.
  const { _key: key, _from: page, ...sent } = ctx.request.body()
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) return null
  // The CSRF token differs between page loads.
  const fields = canonical({ ...sent, _csrf: null })
  const payloadHash = createHash('sha256').update(fields).digest('hex')
  const scope = { accountId, ...addressOf(ctx) }
  return { ...scope, key: `${key} ${payloadHash}`, payloadHash, waits: true }
}

/**
 * Method and canonical path: the route's pattern with its parameters, SKUs in upper case and ids in lower
 * case. Slashes, case and percent-encoding make no difference.
 */
function addressOf({ request, route, params }: HttpContext) {
  const path = route!.pattern.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(params[name])
    if (name === 'sku') return trimmed(value).toUpperCase()
    return isUuid(value) ? value.toLowerCase() : value
  })
  const requested = request.url()
  return {
    method: request.method(),
    path,
    ...(requested !== path && { requestedPath: requested }),
  }
}

const findKey = {
  name: 'idempotency_find',
  text: /* sql */ `
    select payload_hash, status, headers, body from idempotency_keys
    where account_id = $1 and method = $2 and path = any ($3::text[]) and key = $4
    order by created_at limit 1`,
}

/**
 * The response stored under this key; null when there is none.
 *
 * @throws Problem 422 `idempotency_key_reused` when the key belongs to another payload
 */
export async function earlierAnswer(
  client: QueryClientContract,
  scope: IdempotencyScope
): Promise<Answer | null> {
  const [row] = await run<{ payload_hash: string } & Answer>(client, findKey, [
    scope.accountId,
    scope.method,
    [scope.path, ...(scope.requestedPath ? [scope.requestedPath] : [])],
    scope.key,
  ])
  if (!row) return null
  if (row.payload_hash !== scope.payloadHash) {
    throw new Problem(
      422,
      'idempotency_key_reused',
      'This Idempotency-Key was used with another payload. Send a new key for a new request.'
    )
  }
  return { ...row, headers: { ...row.headers, 'Idempotent-Replayed': 'true' } }
}

export function inProgress() {
  return new Problem(
    409,
    'request_in_progress',
    'A request with this Idempotency-Key is in progress. Retry after 1 second to get its response.',
    { headers: { 'Retry-After': '1' } }
  )
}

/** The text whose hash is the advisory lock of a key in progress. */
export function lockText({ accountId, method, path, key }: IdempotencyScope) {
  return [accountId, method, path, key].join(' ')
}

/**
 * Runs `work` once per key, in the transaction that stores the key; always without a key.
 *
 * @throws Problem 409 `request_in_progress` unless the scope waits · 422 `idempotency_key_reused`, and the errors
 *   of `work`, after which nothing is stored and the key can be used again
 */
export async function once(
  client: QueryClientContract,
  scope: IdempotencyScope | null,
  work: (trx: TransactionClientContract) => Promise<Answer>
): Promise<Answer> {
  return client.transaction(async (trx) => {
    if (!scope) return work(trx)
    await lock(trx, scope)
    const earlier = await earlierAnswer(trx, scope)
    if (earlier) return earlier
    const answer = await work(trx)
    await trx.rawQuery(
      `insert into idempotency_keys (account_id, method, path, key, payload_hash, status, headers, body)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        scope.accountId,
        scope.method,
        scope.path,
        scope.key,
        scope.payloadHash,
        answer.status,
        JSON.stringify(answer.headers),
        JSON.stringify(answer.body),
      ]
    )
    return answer
  })
}

async function lock(trx: TransactionClientContract, scope: IdempotencyScope) {
  const text = [lockText(scope)]
  if (scope.waits) {
    await trx.rawQuery('select pg_advisory_xact_lock(hashtextextended(?, 0))', text)
    return
  }
  const { rows } = await trx.rawQuery<{ rows: { mine: boolean }[] }>(
    'select pg_try_advisory_xact_lock(hashtextextended(?, 0)) as mine',
    text
  )
  if (!rows[0].mine) throw inProgress()
}

/** Deletes keys older than a day. @returns the number of keys */
export async function forgetOldAnswers(
  client: QueryClientContract,
  signal?: AbortSignal
): Promise<number> {
  for (let forgotten = 0; ;) {
    const { rowCount } = await client.rawQuery<{ rowCount: number }>(
      `delete from idempotency_keys where ctid in (
         select ctid from idempotency_keys where created_at < now() - interval '1 day'
         order by created_at limit ${MOST_FORGOTTEN} for update skip locked)`
    )
    forgotten += rowCount
    if (rowCount < MOST_FORGOTTEN || signal?.aborted) return forgotten
  }
}

export function send({ response }: HttpContext, { status, headers, body }: Answer) {
  for (const [name, value] of Object.entries(headers)) response.header(name, value)
  return response.status(status).json(body)
}

/** JSON with sorted members, so that equal payloads have equal text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
