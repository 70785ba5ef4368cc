/*
 * Statements on the hot paths go to `pg` itself, named: PostgreSQL parses and plans each once for a
 * connection. Through knex the same statement costs half as much again.
 */
import type { Writable } from 'node:stream'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Client, QueryResultRow } from 'pg'

/** A prepared statement; its name must be unique to its text. */
export interface Statement {
  name: string
  text: string
}

/**
 * Runs a named statement on a Lucid connection or transaction.
 *
 * @returns the rows
 * @throws the DatabaseError of `pg`, with its SQLSTATE in `code`
 */
export async function run<Row extends QueryResultRow>(
  client: QueryClientContract,
  statement: Statement,
  values: unknown[]
): Promise<Row[]> {
  // A transaction's client hands out the one connection that the transaction runs on.
  const knex = client.isTransaction
    ? (client as unknown as { knexClient: { client: KnexClient } }).knexClient.client
    : (client.getWriteClient().client as KnexClient)
  const connection = await knex.acquireConnection()
  try {
    writeTogether(connection)
    const result = await connection.query<Row>({ ...statement, values })
    return result.rows
  } finally {
    await knex.releaseConnection(connection)
  }
}

/**
 * On a pipelined connection the statements of one tick leave in one write: waking the server costs more
 * than most statements take.
 */
export function writeTogether(client: Client) {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection
  stream.cork()
  process.nextTick(() => stream.uncork())
}

interface KnexClient {
  acquireConnection(): Promise<Client>
  releaseConnection(connection: Client): Promise<void>
}

/** The least id that can have been given then: a UUIDv7 begins with its time. @param time - milliseconds */
export function firstIdAt(time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}
