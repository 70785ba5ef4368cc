/*
 * Corrects the database clients in three ways. Import this file before the first connection.
 */
import { QueryClient } from '@adonisjs/lucid/database'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import pg from 'pg'
import { isStalePlan } from './errors.ts'

// All bigints of the app (amounts and row ids) are below 2^53, so numbers represent them exactly.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

interface NamedQuery {
  name?: string
  handleError(error: Error, connection: PgConnection): void
}

interface PgConnection {
  parsedStatements: Record<string, string>
  close(of: { type: 'S'; name: string }): void
}

const query = pg.Query.prototype as unknown as NamedQuery
const { handleError } = query

/**
 * Prepares a statement again whose result types a migration has changed. Without this, it would fail on this connection
 * until the connection ends.
 */
query.handleError = function (error, connection) {
  if (this.name && isStalePlan(error)) {
    delete connection.parsedStatements[this.name]
    connection.close({ type: 'S', name: this.name })
  }
  handleError.call(this, error, connection)
}

type Begin = (
  this: QueryClient,
  work?: (trx: TransactionClientContract) => Promise<unknown>,
  options?: object
) => Promise<unknown>

const begin = QueryClient.prototype.transaction as Begin

const beginReporting: Begin = async function (work, options) {
  if (work) return begin.call(this, (trx) => work(withCommitErrors(trx)), options)
  return withCommitErrors((await begin.call(this, work, options)) as TransactionClientContract)
}

QueryClient.prototype.transaction = beginReporting as QueryClient['transaction']

/**
 * Makes `commit()` reject when COMMIT fails, before Lucid's after-commit hooks. In knex, it resolves, and only a promise
 * that nobody awaits rejects (knex/knex#3847): an order could be accepted although its transaction was rolled back.
 */
function withCommitErrors(trx: TransactionClientContract) {
  const transactor = trx.knexClient as unknown as {
    commit(value?: unknown): Promise<unknown>
    executionPromise: Promise<unknown>
  }
  const commit = transactor.commit
  transactor.commit = async (value) => {
    await commit(value)
    return transactor.executionPromise
  }
  return trx
}
