/*
 * Corrects the database clients in two ways. Import this file before the first connection.
 */
import { QueryClient } from '@adonisjs/lucid/database'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import pg from 'pg'

// All bigints of the app (amounts and row ids) are below 2^53, so numbers represent them exactly.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

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
