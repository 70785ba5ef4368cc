/*
 * Transient and permanent errors. The kernel retries transient errors indefinitely and permanent ones never; a message
 * with any other error gets five attempts.
 */

/** SQLSTATEs of exceeded time limits; a smaller batch may stay within them. */
const TIME_LIMIT_SQLSTATES = new Set([
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '55P03', // lock_not_available: lock timeout
  '57014', // query_canceled: statement timeout
])

/** SQLSTATEs of tables that do not match the code: transient while a migration or a grant is missing. */
const SCHEMA_SQLSTATES = new Set([
  '42501', // insufficient_privilege
  '42703', // undefined_column
  '42883', // undefined_function
  '42P01', // undefined_table
])

/** For these SQLSTATEs see https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const TRANSIENT_SQLSTATES = new Set([
  '25006', // read_only_sql_transaction: failover
  ...TIME_LIMIT_SQLSTATES,
  ...SCHEMA_SQLSTATES,
  '3D000', // invalid_catalog_name
  '3F000', // invalid_schema_name
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '53000', // insufficient_resources
  '53100', // disk_full
  '53200', // out_of_memory
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '58000', // system_error
  '58030', // io_error
  'XX000', // internal_error
  'XX001', // data_corrupted
])

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOSPC',
  'EMFILE',
])

/** Errors of `pg`, knex and its pool without a code. */
const CODELESS =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|Knex: Timeout acquiring a connection|Unable to acquire a connection|aborted|Client was closed|Connection ended|Cannot use a pool after calling end)/i

/** True for a fault of the database, the network or the disk, rather than of the request. */
export function isTransient(error: unknown): boolean {
  const { code: some, message, name } = error as { code?: unknown; message?: string; name?: string }
  // The code of a DOMException, such as a time-out, is a number.
  const code = String(some ?? '')
  if (TRANSIENT_SQLSTATES.has(code) || code.startsWith('08') || NETWORK_CODES.has(code)) return true
  if (isStalePlan(error)) return true
  // knex puts the statement, which may contain any text, before the message.
  const reason = (message ?? '').split(' - ').at(-1)!
  return name === 'KnexTimeoutError' || (code === '' && CODELESS.test(reason))
}

/**
 * True when a migration has changed the result types of a prepared statement ("cached plan must not change result type").
 * The next execution prepares it again. Other errors share its SQLSTATE, but not its function in PostgreSQL.
 */
export function isStalePlan(error: unknown): boolean {
  const { code, routine } = error as { code?: unknown; routine?: unknown }
  return code === '0A000' && routine === 'RevalidateCachedQuery'
}

/** True when the statement, the lock or the transaction exceeded its time limit. */
export function isTimeLimit(error: unknown): boolean {
  return TIME_LIMIT_SQLSTATES.has(String((error as { code?: unknown }).code ?? ''))
}

/** True when tables and code do not match, because of a missing migration or grant, or a fault of the code. */
export function isSchemaMismatch(error: unknown): boolean {
  return SCHEMA_SQLSTATES.has(String((error as { code?: unknown }).code ?? ''))
}

/**
 * True for bad data and wrong statements, which fail at every attempt. Check `isTransient` first. A unique violation is
 * not among them: another process may have inserted the row since it was looked for, and the next attempt finds it.
 */
export function isPermanent(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  if (code === UNIQUE_VIOLATION) return false
  return code === 'E_VALIDATION_ERROR' || isPermanentSqlState(error)
}

const UNIQUE_VIOLATION = '23505'

/** True for SQLSTATEs of bad data (class 22), a constraint (23) and a statement that is wrong (42). */
export function isPermanentSqlState(error: unknown): boolean {
  return /^(2[23]|42)[0-9A-Z]{3}$/.test(String((error as { code?: unknown }).code ?? ''))
}
