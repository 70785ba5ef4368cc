/*
 * Changes to tables in use: another process may serve requests meanwhile. A migration that calls these functions sets
 * `disableTransactions`. After an interruption it runs again from its beginning.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Client } from 'pg'

/**
 * Creates an index without blocking writes. It waits for open snapshots, such as that of a backup.
 *
 * @param definition - the SQL after `create index <name>`
 * @throws DatabaseError 55P03 when a snapshot stays open for five minutes
 */
export async function createIndex(owner: QueryClientContract, name: string, definition: string) {
  const { client: pool } = owner.getWriteClient() as unknown as { client: ConnectionPool }
  const connection = await pool.acquireConnection()
  try {
    await connection.query(`set lock_timeout = '5min'`)
    // An interrupted build leaves an invalid index.
    await connection.query(`drop index concurrently if exists ${name}`)
    await connection.query(`create index concurrently ${name} ${definition}`)
  } finally {
    await connection.query('reset lock_timeout').catch(() => {})
    await pool.releaseConnection(connection)
  }
}

interface ConnectionPool {
  acquireConnection(): Promise<Client>
  releaseConnection(connection: Client): Promise<void>
}

/** Drops an index without blocking reads or writes. */
export async function dropIndex(owner: QueryClientContract, name: string) {
  await owner.rawQuery(`drop index concurrently if exists ${name}`)
}
