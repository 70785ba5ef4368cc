/*
 * knex hides a COMMIT that fails: `commit()` resolves all the same, and the error goes to a promise that
 * nobody reads (knex/knex#3847). An order would be accepted that was rolled back. With this file imported
 * each transaction of Lucid rejects with the error, before the hooks that say "committed".
 */
import { QueryClient } from '@adonisjs/lucid/database'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'

type Begin = (
  this: QueryClient,
  work?: (trx: TransactionClientContract) => Promise<unknown>,
  options?: object
) => Promise<unknown>

const begin = QueryClient.prototype.transaction as Begin

const beginLoud: Begin = async function (work, options) {
  if (work) return begin.call(this, (trx) => work(loud(trx)), options)
  return loud((await begin.call(this, work, options)) as TransactionClientContract)
}

QueryClient.prototype.transaction = beginLoud as QueryClient['transaction']

function loud(trx: TransactionClientContract) {
  const transactor = trx.knexClient as unknown as {
    commit(value?: unknown): Promise<unknown>
    executionPromise: Promise<unknown>
  }
  const quietCommit = transactor.commit
  transactor.commit = async (value) => {
    await quietCommit(value)
    return transactor.executionPromise
  }
  return trx
}
