import type { QueryClientContract } from '@adonisjs/lucid/types/database'

/** Rows per transaction, so that a delete does not slow down writers. */
export const DELETE_BATCH = 5_000

/**
 * Runs a delete of at most `:most` rows until it deletes fewer, or the signal aborts. Choose the rows with
 * `= any (array(select …))`: for `in (select …)`, PostgreSQL can read the whole table.
 *
 * @returns the number of deleted rows
 */
export async function deleteInBatches(
  client: QueryClientContract,
  statement: string,
  values: Record<string, string | number>,
  signal?: AbortSignal
): Promise<number> {
  for (let deleted = 0; ;) {
    const { rowCount } = await client.rawQuery<{ rowCount: number }>(statement, {
      ...values,
      most: DELETE_BATCH,
    })
    deleted += rowCount
    if (rowCount < DELETE_BATCH || signal?.aborted) return deleted
  }
}
