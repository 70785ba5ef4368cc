/*
 * Idempotency-Key: a retried request has one effect and one response. The key commits in the same
 * transaction as the effect, so neither exists without the other.
 */
import { hash } from 'node:crypto'
import type { HttpContext } from '@adonisjs/core/http'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { deleteInBatches } from '#postgres/delete_in_batches'
import { run } from '#postgres/run'
import { isUuid } from '#runtime/uuid'
import { trimmed } from './characters.ts'
import { notFound, Problem } from './problem.ts'

/** A key is unique per account, method and path. */
export interface IdempotencyScope {
  accountId: string
  method: string
  /** Canonical path, so that all spellings of a URL share it. */
  path: string
  /** The requested path, if it differs: release 0.1.0 stored keys under it. */
  requestedPath?: string
  key: string
  /** SHA-256 of the parsed body with sorted members, without those that are null and could be left out. */
  payloadHash: string
  /** Of the body with its nulls, as release 0.1.0 stored it. */
  payloadHashWithNulls?: () => string
  /** A form waits for the response to the first click; a program gets 409 and retries. */
  waits?: boolean
}

export interface StoredResponse {
  status: number
  headers: Record<string, string>
  body: unknown
}

/** @throws Problem 400 `idempotency_key_missing` or `idempotency_key_invalid` */
export function requiredScope(ctx: HttpContext): IdempotencyScope {
  const scope = optionalScope(ctx)
  if (!scope) {
    throw new Problem(
      'idempotency_key_missing',
      'The Idempotency-Key header is missing. Send a new key, such as a UUID, and the same key when you retry.'
    )
  }
  return scope
}

/**
 * Null without a key.
 *
 * @param cleared - members that null clears; in all others it equals leaving the member out
 * @throws Problem 400 `idempotency_key_invalid`
 */
export function optionalScope(
  ctx: HttpContext,
  cleared: readonly string[] = []
): IdempotencyScope | null {
  const { request } = ctx
  // `request.header` treats an empty header as missing.
  const key = request.headers()['idempotency-key']
  if (key === undefined) return null
  if (!isKey(key)) {
    throw new Problem(
      'idempotency_key_invalid',
      'The Idempotency-Key must be 1 to 255 visible ASCII characters.'
    )
  }
  const body = request.body()
  return {
    ...addressOf(ctx),
    key,
    payloadHash: hashOf(withoutNulls(body, cleared)),
    payloadHashWithNulls: () => hashOf(body),
  }
}

/** @param cleared - members of the outermost object that keep their null */
function withoutNulls(value: unknown, cleared: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutNulls(one))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(
    ([name, member]) => member !== null || cleared.includes(name)
  )
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]))
}

/**
 * The scope of a form, whose key was created when it was rendered. A form with other input is another request.
 * Null without a key.
 */
export function formScope(ctx: HttpContext): IdempotencyScope | null {
  // A resubmitted form also contains its page.
  const { _key: key, _from: page, ...sent } = ctx.request.body()
  if (!isKey(key)) return null
  // The CSRF token differs between page loads.
  const payloadHash = hashOf({ ...sent, _csrf: null })
  return { ...addressOf(ctx), key: `${key} ${payloadHash}`, payloadHash, waits: true }
}

function isKey(key: unknown): key is string {
  return typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)
}

/**
 * Account, method and canonical path: the route's pattern with its parameters, SKUs in upper case and ids in
 * lower case. Slashes, case and percent-encoding make no difference.
 */
function addressOf({ account, request, route, params }: HttpContext) {
  // No id and no SKU has a NUL, and PostgreSQL cannot store one.
  if (Object.values(params).some((word) => word.includes('\0'))) throw notFound('resource')
  const path = route!.pattern.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(params[name])
    if (name === 'sku') return trimmed(value).toUpperCase()
    return isUuid(value) ? value.toLowerCase() : value
  })
  const requested = request.url()
  return {
    accountId: account.id,
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
 * The response stored under this key; null if there is none.
 *
 * @throws Problem 422 `idempotency_key_reused` if the key belongs to another payload
 */
export async function storedResponse(
  client: QueryClientContract,
  scope: IdempotencyScope
): Promise<StoredResponse | null> {
  const [row] = await run<{ payload_hash: string } & StoredResponse>(client, findKey, [
    scope.accountId,
    scope.method,
    [scope.path, ...(scope.requestedPath ? [scope.requestedPath] : [])],
    scope.key,
  ])
  if (!row) return null
  const { payload_hash: stored, ...response } = row
  if (stored !== scope.payloadHash && stored !== scope.payloadHashWithNulls?.()) {
    throw new Problem(
      'idempotency_key_reused',
      'This Idempotency-Key was used with another payload. Send a new key for a new request.'
    )
  }
  return { ...response, headers: { ...row.headers, 'Idempotent-Replayed': 'true' } }
}

export function inProgress() {
  return new Problem(
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
  work: (trx: TransactionClientContract) => Promise<StoredResponse>
): Promise<StoredResponse> {
  return client.transaction(async (trx) => {
    if (!scope) return work(trx)
    await lock(trx, scope)
    const earlier = await storedResponse(trx, scope)
    if (earlier) return earlier
    const response = await work(trx)
    await trx.rawQuery(
      `insert into idempotency_keys (account_id, method, path, key, payload_hash, status, headers, body)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        scope.accountId,
        scope.method,
        scope.path,
        scope.key,
        scope.payloadHash,
        response.status,
        JSON.stringify(response.headers),
        JSON.stringify(response.body),
      ]
    )
    return response
  })
}

/**
 * Runs the work of a form once, even if the form is submitted twice, in the transaction that stores the result.
 *
 * @returns the result, also of a repeated submission: JSON that is kept for a day
 */
export async function submitOnce<Result>(
  ctx: HttpContext,
  client: QueryClientContract,
  work: (trx: TransactionClientContract) => Promise<Result>
): Promise<Result> {
  const { body } = await once(client, formScope(ctx), async (trx) => {
    return { status: 200, headers: {}, body: await work(trx) }
  })
  return body as Result
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
export async function deleteOldKeys(client: QueryClientContract, signal?: AbortSignal) {
  return deleteInBatches(
    client,
    `delete from idempotency_keys where ctid = any (array(
       select ctid from idempotency_keys where created_at < now() - interval '1 day'
       order by created_at limit :most for update skip locked))`,
    {},
    signal
  )
}

export function send({ response }: HttpContext, { status, headers, body }: StoredResponse) {
  for (const [name, value] of Object.entries(headers)) response.header(name, value)
  return response.status(status).json(body)
}

function hashOf(payload: unknown) {
  return hash('sha256', canonical(payload))
}

/** JSON with sorted members, so that equal payloads have equal text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
