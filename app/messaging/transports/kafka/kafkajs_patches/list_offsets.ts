/*
 * The end of a partition. kafkajs 2.2.4 asks for the last stable offset, which excludes everything after the
 * open transaction of another producer: the consumer would seem to have no lag, and `messaging:verify` would
 * miss those records. This patch asks for the high watermark.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { oncePerProcess, privateFile } from './private_files.ts'

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1

const committedOnly = new AsyncLocalStorage<boolean>()

interface ListOffsets {
  protocol(of: { version: number }): (request: { isolationLevel?: number }) => unknown
}

/** @throws Error with another version of kafkajs */
export const countUncommittedRecords = oncePerProcess(() => {
  const listOffsets = privateFile<ListOffsets>('protocol/requests/listOffsets/index.js')
  const { protocol } = listOffsets
  listOffsets.protocol = (of) => {
    const requestOf = protocol(of)
    return (request) => {
      const level = committedOnly.getStore() ? READ_COMMITTED : READ_UNCOMMITTED
      return requestOf({ ...request, isolationLevel: request.isolationLevel ?? level })
    }
  }
})

/** Within `work`, a partition ends at its last stable offset, before the first open transaction. */
export function withLastStableOffsets<T>(work: () => Promise<T>): Promise<T> {
  return committedOnly.run(true, work)
}
