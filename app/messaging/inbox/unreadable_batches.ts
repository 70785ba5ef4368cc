/*
 * Record batches that a consumer cannot read: it stops the partition there until an operator skips the batch.
 * Both facts are stored beside the consumer's inbox, so they hold for the next process too.
 */
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#postgres/run'
import type { StoppedPartition } from '../transports/stopped_partitions.ts'

/** Offsets are 64-bit numbers, kept as text. */
export interface UnreadableBatch {
  topic: string
  partition: number
  first: string
  last: string
  /** Why it cannot be read. */
  reason: string
}

/** A batch at which a consumer is stopped, or that was skipped. */
export interface StoppedAt extends UnreadableBatch {
  consumer: string
  foundAt: Date
  /** Who skipped it, when and why; null while the consumer is stopped there. */
  skipped: { who: string; why: string; at: Date } | null
}

/** A skipped batch is not changed afterwards. */
const stop = {
  name: 'unreadable_batch_stop',
  text: /* sql */ `
    with skipped as (
      select max(last_offset) as last_offset from unreadable_batches
      where consumer = $1 and topic = $2 and partition = $3 and skipped_at is not null
        and $4 between first_offset and last_offset
    ), stopped as (
      insert into unreadable_batches (consumer, topic, partition, first_offset, last_offset, reason)
      select $1, $2, $3, $4, $5, $6 from skipped where last_offset is null
      on conflict (consumer, topic, partition, first_offset) do update
      set reason = excluded.reason, last_offset = excluded.last_offset
      where unreadable_batches.skipped_at is null
    )
    select last_offset::text as skipped from skipped`,
}

const read = {
  name: 'unreadable_batches_read',
  text: /* sql */ `
    with here as (
      select first_offset from unreadable_batches
      where consumer = $1 and topic = $2 and partition = $3 and skipped_at is null
    ), gone as (
      delete from unreadable_batches
      where consumer = $1 and topic = $2 and partition = $3 and skipped_at is null
        and first_offset <= $4
    )
    select exists (select from here where first_offset > $4) as left`,
}

const expire = {
  name: 'unreadable_batches_expire',
  text: /* sql */ `
    delete from unreadable_batches
    using unnest($3::int[], $4::bigint[]) as earliest (partition, "offset")
    where consumer = $1 and topic = $2 and unreadable_batches.partition = earliest.partition
      and last_offset < earliest."offset" and skipped_at is null`,
}

/** The unreadable batches of one consumer. */
export class UnreadableBatches {
  readonly #consumer: string
  readonly #client: () => QueryClientContract

  constructor(consumer: string, client: () => QueryClientContract) {
    this.#consumer = consumer
    this.#client = client
  }

  /**
   * Records that the consumer is stopped at this batch, unless an operator has skipped its first offset.
   *
   * @returns the last offset of the skipped batch; null when none was skipped there
   */
  async stopAt({ topic, partition, first, last, reason }: UnreadableBatch): Promise<string | null> {
    const values = [this.#consumer, topic, partition, first, last, reason]
    const [{ skipped }] = await run<{ skipped: string | null }>(this.#client(), stop, values)
    return skipped
  }

  /**
   * The consumer has read up to this offset, so it is not stopped at a batch before it.
   *
   * @returns whether it is stopped at a batch after it
   */
  async readThrough(topic: string, partition: number, offset: string): Promise<boolean> {
    const values = [this.#consumer, topic, partition, offset]
    const [{ left }] = await run<{ left: boolean }>(this.#client(), read, values)
    return left
  }

  /** The topic has deleted everything before these offsets, so the consumer is not stopped there. */
  async expire(topic: string, earliest: { partition: number; low: string }[]) {
    const partitions = earliest.map(({ partition }) => partition)
    const offsets = earliest.map(({ low }) => low)
    await run(this.#client(), expire, [this.#consumer, topic, partitions, offsets])
  }
}

/** The batches at which a module's consumer is stopped, and those that were skipped; oldest first. */
export async function unreadableBatches(module: QueryClientContract): Promise<StoppedAt[]> {
  const { rows } = await module.rawQuery<{ rows: Row[] }>(
    `select consumer, topic, partition, first_offset::text as first, last_offset::text as last, reason,
       found_at as "foundAt", skipped_at as at, skipped_by as who, skipped_why as why
     from unreadable_batches order by found_at, topic, partition, first_offset`
  )
  return rows.map(({ at, who, why, ...stopped }) => ({
    ...stopped,
    skipped: at && { at, who: who!, why: why! },
  }))
}

/** The partitions that a module's consumer has stopped, in any process. */
export async function stoppedPartitions(module: QueryClientContract): Promise<StoppedPartition[]> {
  const batches = await unreadableBatches(module)
  return batches
    .filter(({ skipped }) => skipped === null)
    .map(({ consumer, topic, partition, first, foundAt, reason }) => {
      const position = { consumer, topic, partition, offset: first, since: foundAt.getTime() }
      return { ...position, why: 'unreadable', reason }
    })
}

type Row = Omit<StoppedAt, 'skipped'> & { at: Date | null; who: string | null; why: string | null }
