/*
 * Idempotency-Key: a request sent again has one effect and one answer. The key's row commits with the
 * effect, so that there is no moment at which one is there without the other.
 */
import { createHash } from 'node:crypto'
import type { HttpContext } from '@adonisjs/core/http'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { run } from '../messaging/sql.ts'
import { Problem } from './problem.ts'

/** Where a key counts: one account, one method, one path. */
export interface IdempotencyScope {
  accountId: string
  method: string
  path: string
  key: string
  /** sha256 of the parsed body, its members in sorted order. */
  payloadHash: string
  /** A person waits for the answer to the first click; a program is told to ask again. */
  waits?: boolean
}

/** At a time: a delete must not be a burden to those who write. */
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
      'Send an Idempotency-Key header of your own making, for example a UUID, and the same one when you repeat the request.'
    )
  }
  return scope
}

/**
 * The same where a key is honoured and not required: null without one.
 *
 * @throws Problem 400 `idempotency_key_invalid`
 */
export function offeredScope({ request }: HttpContext, accountId: string): IdempotencyScope | null {
  // `request.header` takes an empty one for none.
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
    method: request.method(),
    path: request.url(),
    key,
    payloadHash: createHash('sha256').update(canonical(request.body())).digest('hex'),
  }
}

/**
 * The same for a form of our pages, which carries the key that it was shown with: clicked twice or sent again
 * by a reload, it has one effect. Whoever goes back and types something else sends another form. Null
 * without a key.
 */
export function formScope({ request }: HttpContext, accountId: string): IdempotencyScope | null {
  // Sent once more it also says which page it was on.
  const { _key: key, _from: page, ...sent } = request.body()
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) return null
  // The same form of an older page carries another token.
  const fields = canonical({ ...sent, _csrf: null })
  const payloadHash = createHash('sha256').update(fields).digest('hex')
  const scope = { accountId, method: request.method(), path: request.url() }
  return { ...scope, key: `${key} ${payloadHash}`, payloadHash, waits: true }
}

const findKey = {
  name: 'idempotency_find',
  text: /* sql */ `
    select payload_hash, status, headers, body from idempotency_keys
    where account_id = $1 and method = $2 and path = $3 and key = $4`,
}

/**
 * The answer that was given under this key, null when there is none.
 *
 * @throws Problem 422 `idempotency_key_reused` when it was given to another payload
 */
export async function earlierAnswer(
  client: QueryClientContract,
  scope: IdempotencyScope
): Promise<Answer | null> {
  const [row] = await run<{ payload_hash: string } & Answer>(client, findKey, [
    scope.accountId,
    scope.method,
    scope.path,
    scope.key,
  ])
  if (!row) return null
  if (row.payload_hash !== scope.payloadHash) {
    throw new Problem(
      422,
      'idempotency_key_reused',
      'This Idempotency-Key was used with another payload. Use a new key for a new request.'
    )
  }
  return { ...row, headers: { ...row.headers, 'Idempotent-Replayed': 'true' } }
}

export function inProgress() {
  return new Problem(
    409,
    'request_in_progress',
    'A request with this Idempotency-Key is being handled. Repeat it in a second for its answer.',
    { headers: { 'Retry-After': '1' } }
  )
}

/** The text whose hash is the advisory lock that a key in progress holds. */
export function lockText({ accountId, method, path, key }: IdempotencyScope) {
  return [accountId, method, path, key].join(' ')
}

/**
 * Does the work once for each key, in one transaction with the key's row; each time without a key.
 *
 * @throws Problem 409 `request_in_progress` where the scope does not wait, 422 `idempotency_key_reused`, and what `work` throws: then
 *   nothing is kept, and the same key may be sent again
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

/** Those older than a day. @returns how many */
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

/** JSON with the members of every object in sorted order: equal payloads, equal text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
