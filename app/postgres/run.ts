/*
 * Runs statements of hot paths in `pg` directly, as prepared statements: PostgreSQL parses and plans each once per
 * connection. Through knex, the same statement costs 50% more.
 */
import './client_corrections.ts'
import type { Writable } from 'node:stream'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DatabaseError, type Client, type QueryResult, type QueryResultRow } from 'pg'

/** A prepared statement; its name must be unique to its text. */
export interface Statement {
  name: string
  text: string
}

/** A statement with its parameters. */
export type Call = [statement: Statement, values: unknown[]]

/**
 * Runs a named statement on a Lucid connection or transaction.
 *
 * @returns the rows
 * @throws the DatabaseError of `pg`, with its SQLSTATE in `code`, after the locks of the statement are released
 */
export async function run<Row extends QueryResultRow>(
  client: QueryClientContract,
  statement: Statement,
  values: unknown[]
): Promise<Row[]> {
  const [rows] = await runInOrder<[Row]>(client, [statement, values])
  return rows
}

/**
 * Sends named statements in one round trip; they run in the given order, so a read after a lock sees the newest rows.
 *
 * @returns the rows of each
 * @throws the first error, once all have ended
 */
export async function runInOrder<Rows extends QueryResultRow[] = QueryResultRow[]>(
  client: QueryClientContract,
  ...calls: { [Index in keyof Rows]: Call }
): Promise<{ [Index in keyof Rows]: Rows[Index][] }> {
  const pool = poolOf(client)
  const connection = await pool.acquireConnection()
  try {
    return (await send(connection, calls)) as { [Index in keyof Rows]: Rows[Index][] }
  } catch (error) {
    // PostgreSQL reports an error before it releases the locks of the statement. A retry must not find them.
    if (error instanceof DatabaseError) await connection.query('').catch(() => {})
    throw error
  } finally {
    await pool.releaseConnection(connection)
  }
}

/**
 * Runs a transaction in two round trips: `begin` travels with the first statements, and `commit` with the last ones. If
 * one of the last ones fails, PostgreSQL rolls back at `commit`.
 *
 * @param first - lock and read, in this order
 * @param decide - gets the rows of each, and returns the statements to write
 * @throws the first error, after the rollback; `failedStatement` tells where it comes from
 */
export async function transactionInTwoTrips(
  client: QueryClientContract,
  first: Call[],
  decide: (rows: QueryResultRow[][]) => Call[]
): Promise<void> {
  const pool = poolOf(client)
  const connection = await pool.acquireConnection()
  const watch = watchErrors(connection)
  try {
    let last: Call[]
    try {
      const [, ...rows] = await send(connection, [BEGIN, ...first])
      last = decide(rows)
    } catch (error) {
      await connection.query('rollback').catch((lost) => (connection.__knex__disposed = lost))
      throw error
    }
    await send(connection, [...last, COMMIT])
  } catch (error) {
    throw watch.cause() ?? error
  } finally {
    watch.end()
    await pool.releaseConnection(connection)
  }
}

const BEGIN: Call = [{ name: 'begin', text: 'begin' }, []]
const COMMIT: Call = [{ name: 'commit', text: 'commit' }, []]

const failedStatements = new WeakMap<object, Statement>()

/** The statement that failed with this error; undefined if no statement did. */
export function failedStatement(error: unknown): Statement | undefined {
  return failedStatements.get(error as object)
}

/** @returns the rows of each call @throws the first error, once all have ended */
async function send(connection: Client, calls: readonly Call[]): Promise<QueryResultRow[][]> {
  writeTogether(connection)
  const results = await Promise.allSettled(
    calls.map(([statement, values]) => connection.query({ ...statement, values }))
  )
  return results.map((result, index) => {
    if (result.status === 'fulfilled') return (result.value as QueryResult).rows
    failedStatements.set(result.reason, calls[index][0])
    throw result.reason
  })
}

/**
 * Runs a transaction, rolled back on any error.
 *
 * @throws the DatabaseError of `pg`, with its SQLSTATE in `code`, or the error of `work`
 */
export async function transaction(
  client: QueryClientContract,
  work: (trx: TransactionClientContract) => Promise<void>
): Promise<void> {
  let watch: ReturnType<typeof watchErrors> | undefined
  try {
    await client.transaction(async (trx) => {
      const pool = poolOf(trx)
      const connection = await pool.acquireConnection()
      watch = watchErrors(connection)
      try {
        await work(trx)
      } finally {
        watch.end()
        await pool.releaseConnection(connection)
      }
    })
  } catch (error) {
    throw watch?.cause() ?? error
  }
}

/**
 * When a time limit ends a connection between two statements, the next statement fails without a code, because `pg`
 * reports the error on the connection only. `cause` is this error.
 */
function watchErrors(connection: Client) {
  let ended: Error | undefined
  const onError = (error: Error) => (ended ??= error)
  connection.on('error', onError)
  return {
    cause: () => (ended && 'code' in ended ? ended : undefined),
    end: () => connection.off('error', onError),
  }
}

/** The pool of a connection; that of a transaction returns the connection of the transaction. */
function poolOf(client: QueryClientContract): ConnectionPool {
  return client.isTransaction
    ? (client as unknown as { knexClient: { client: ConnectionPool } }).knexClient.client
    : (client.getWriteClient().client as ConnectionPool)
}

interface ConnectionPool {
  acquireConnection(): Promise<PooledConnection>
  releaseConnection(connection: PooledConnection): Promise<void>
}

/** knex removes a connection with `__knex__disposed` from its pool. */
type PooledConnection = Client & { __knex__disposed?: unknown }

/** Sends all statements of this tick in one write, because waking the server costs more than most statements. */
export function writeTogether(client: Client) {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection
  stream.cork()
  process.nextTick(() => stream.uncork())
}

/** The lowest UUIDv7 of a time. @param time - milliseconds since 1970 */
export function firstIdAt(time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}
