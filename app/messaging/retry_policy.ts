/*
 * Whose fault is it? Machine trouble is retried without end and dead-letters nothing; a message's own
 * fault is never retried. The lists are closed: what is on neither is tried five times alone.
 */

/** SQLSTATEs of a machine in trouble (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const MACHINE_SQLSTATES = new Set([
  '25006', // read_only_sql_transaction: failover
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '3D000', // invalid_catalog_name
  '3F000', // invalid_schema_name
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '42501', // insufficient_privilege
  '42703', // undefined_column: a migration is missing
  '42883', // undefined_function
  '42P01', // undefined_table
  '53000', // insufficient_resources
  '53100', // disk_full
  '53200', // out_of_memory
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57014', // query_canceled: statement timeout
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

/** Errors of `pg`, knex and its pool that carry no code. */
const CODELESS =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|Knex: Timeout acquiring a connection|Unable to acquire a connection|aborted|Client was closed|Connection ended|Cannot use a pool after calling end)/i

/** True when the database, the network or the disk is at fault, and not what we asked of them. */
export function isMachineTrouble(error: unknown): boolean {
  const { code: some, message, name } = error as { code?: unknown; message?: string; name?: string }
  // The code of a DOMException, such as a time-out, is a number.
  const code = String(some ?? '')
  if (MACHINE_SQLSTATES.has(code) || code.startsWith('08') || NETWORK_CODES.has(code)) return true
  // knex puts the statement before the message, and the statement may hold any text.
  const said = (message ?? '').split(' - ').at(-1)!
  return name === 'KnexTimeoutError' || (code === '' && CODELESS.test(said))
}

/** True when the same message must fail again: bad data (22), a constraint (23), a broken schema. */
export function isMessagesOwnFault(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'E_VALIDATION_ERROR' || /^2[23][0-9A-Z]{3}$/.test(String(code ?? ''))
}

/**
 * Exponential backoff with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * @returns milliseconds before try `attempt` + 1, for `attempt` from 1
 */
export function backoff(attempt: number, { first = 20, most = 2_000 } = {}): number {
  const ceiling = Math.min(most, first * 2 ** Math.min(attempt, 20))
  return Math.ceil(ceiling / 2 + (Math.random() * ceiling) / 2)
}
