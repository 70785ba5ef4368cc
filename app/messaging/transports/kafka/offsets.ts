/*
 * Where a partition ends. kafkajs 2.2.4 asks for the last stable offset: what lies behind the open
 * transaction of another producer seems not to be there, so nothing would wait, and a proof would miss it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { privateFile } from './kafkajs_private.ts'

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1

const committedOnly = new AsyncLocalStorage<boolean>()

interface ListOffsets {
  protocol(of: { version: number }): (request: { isolationLevel?: number }) => unknown
}

let replaced = false

/**
 * Makes the kafkajs of this process ask for the end of all records, once.
 *
 * @throws Error with a kafkajs that is built in another way
 */
export function countUncommittedRecords() {
  if (replaced) return
  const listOffsets = privateFile<ListOffsets>('protocol/requests/listOffsets/index.js')
  const { protocol } = listOffsets
  listOffsets.protocol = (of) => {
    const requestOf = protocol(of)
    return (request) => {
      const level = committedOnly.getStore() ? READ_COMMITTED : READ_UNCOMMITTED
      return requestOf({ ...request, isolationLevel: request.isolationLevel ?? level })
    }
  }
  replaced = true
}

/** Within `ask`, a partition ends before the first record of a transaction that is still open. */
export function withLastStableOffsets<T>(ask: () => Promise<T>): Promise<T> {
  return committedOnly.run(true, ask)
}
