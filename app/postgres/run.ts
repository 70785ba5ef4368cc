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
export async function runInOrder<Rows extends QueryResultRow[]>(
  client: QueryClientContract,
  ...statements: { [Index in keyof Rows]: [Statement, values: unknown[]] }
): Promise<{ [Index in keyof Rows]: Rows[Index][] }> {
  // The client of a transaction returns the connection of the transaction.
  const knex = client.isTransaction
    ? (client as unknown as { knexClient: { client: KnexClient } }).knexClient.client
    : (client.getWriteClient().client as KnexClient)
  const connection = await knex.acquireConnection()
  try {
    writeTogether(connection)
    const results = await Promise.allSettled(
      statements.map(([statement, values]) => connection.query({ ...statement, values }))
    )
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) {
      // PostgreSQL reports an error before it releases the locks of the statement. A retry must not find them.
      if (failed.reason instanceof DatabaseError) await connection.query('').catch(() => {})
      throw failed.reason
    }
    return results.map((result) => (result as PromiseFulfilledResult<QueryResult>).value.rows) as {
      [Index in keyof Rows]: Rows[Index][]
    }
  } finally {
    await knex.releaseConnection(connection)
  }
}

/**
 * Runs a transaction, rolled back on any error. When a time limit ends the connection between two statements, the next
 * statement fails without a code, because `pg` reports the error on the connection only. This function throws that error.
 *
 * @throws the DatabaseError of `pg`, with its SQLSTATE in `code`, or the error of `work`
 */
export async function transaction(
  client: QueryClientContract,
  work: (trx: TransactionClientContract) => Promise<void>
): Promise<void> {
  let ended: Error | undefined
  const onError = (error: Error) => (ended ??= error)
  try {
    await client.transaction(async (trx) => {
      const knex = (trx as unknown as { knexClient: { client: KnexClient } }).knexClient.client
      const connection = await knex.acquireConnection()
      connection.on('error', onError)
      try {
        await work(trx)
      } finally {
        connection.off('error', onError)
        await knex.releaseConnection(connection)
      }
    })
  } catch (error) {
    throw ended && 'code' in ended ? ended : error
  }
}

/** Sends all statements of this tick in one write, because waking the server costs more than most statements. */
export function writeTogether(client: Client) {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection
  stream.cork()
  process.nextTick(() => stream.uncork())
}

interface KnexClient {
  acquireConnection(): Promise<Client>
  releaseConnection(connection: Client): Promise<void>
}

/** The lowest UUIDv7 of a time. @param time - milliseconds since 1970 */
export function firstIdAt(time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}
