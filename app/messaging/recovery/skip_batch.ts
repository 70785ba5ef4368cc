import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import type { Operator } from '#console/operator'
import type { UnreadableBatch } from '../inbox/unreadable_batches.ts'
import { recordAction } from './operator_actions.ts'

/**
 * Lets a consumer skip the unreadable batch at which it is stopped. Its messages are never handled.
 *
 * @returns the batch; null when the consumer is not stopped there
 */
export async function skipBatch(
  module: QueryClientContract,
  consumer: string,
  at: { topic: string; partition: number; offset: string },
  by: Operator & { why: string }
): Promise<UnreadableBatch | null> {
  return module.transaction(async (trx) => {
    const { rows } = await trx.rawQuery<{ rows: UnreadableBatch[] }>(
      `update unreadable_batches set skipped_at = clock_timestamp(), skipped_by = ?, skipped_why = ?
       where consumer = ? and topic = ? and partition = ? and skipped_at is null
         and ?::bigint between first_offset and last_offset
       returning topic, partition, first_offset::text as first, last_offset::text as last, reason`,
      [by.who, by.why, consumer, at.topic, at.partition, at.offset]
    )
    const [batch] = rows
    if (!batch) return null
    const { reason, ...where } = batch
    await recordAction(trx, 'skip', by, { consumer, ...where }, { reason })
    return batch
  })
}
