/*
 * Reads new steps of the timeline in id order. A transaction can take a low id and commit late, so ids that were
 * skipped are read again until no open transaction can own them.
 */
import type { Client } from 'pg'
import type { StepRow } from '../store/timeline.ts'

/** A step with the columns that the feed needs. */
export interface FeedStep extends StepRow {
  /** Increases in commit order within one order. Across orders, a lower id can commit later. */
  id: number
  order_id: string
  /** The customer of the order; null for a guest. */
  customer_id: string | null
}

export const feedStepColumns = /* sql */ `
  id, order_id, sequence, at, type, status, revision, actor, message_id, detail,
  (select customer_id from orders where orders.id = order_id) as customer_id`

/** Maximum distance of an uncommitted id below the highest id seen. */
const LOOK_BACK = 10_000
const PAGE = 500

export class TimelineTailer {
  /** The highest id seen; -1 before the first read. */
  #last = -1
  /** Skipped ids below `#last`: their transactions are still open or were rolled back. */
  readonly #missing = new Set<number>()
  /** The ids up to `last` can be given up once all transactions below `xmax` have ended. */
  #candidate: { last: number; xmax: bigint } | null = null

  /** Every step with this id or a lower one has been read or will never exist. */
  get position(): number {
    let position = this.#last
    for (const id of this.#missing) if (id <= position) position = id - 1
    return position
  }

  /** @returns the steps committed since the last call; the first call returns none and sets the position */
  async read(client: Client): Promise<FeedStep[]> {
    if (this.#last === -1) {
      await this.#start(client)
      return []
    }
    const steps: FeedStep[] = []
    for (;;) {
      const { rows } = await client.query<FeedStep>({
        name: 'step_feed_read',
        text: /* sql */ `
          (select ${feedStepColumns} from timeline_steps where id = any ($2::bigint[]))
          union all
          (select ${feedStepColumns} from timeline_steps where id > $1 order by id limit ${PAGE})
          order by id`,
        values: [this.#last, [...this.#missing]],
      })
      for (const { id } of rows) this.#pass(id)
      steps.push(...rows)
      if (rows.length < PAGE) return steps
    }
  }

  /** Gives up skipped ids whose transactions have ended. @returns the steps that the last read of them found */
  async prune(client: Client): Promise<FeedStep[]> {
    // Taken before the snapshot, which says nothing about ids that are assigned after it.
    const last = this.#last
    const { rows } = await client.query<{ xmin: string; xmax: string }>({
      name: 'step_feed_horizon',
      text: /* sql */ `
        select pg_snapshot_xmin(snapshot)::text as xmin, pg_snapshot_xmax(snapshot)::text as xmax
        from (select pg_current_snapshot() as snapshot) as now`,
    })
    const [{ xmin, xmax }] = rows
    let steps: FeedStep[] = []
    if (this.#candidate && BigInt(xmin) >= this.#candidate.xmax) {
      const { last: ended } = this.#candidate
      steps = await this.read(client)
      for (const id of this.#missing) if (id <= ended) this.#missing.delete(id)
      this.#candidate = null
    }
    this.#candidate ??= { last, xmax: BigInt(xmax) }
    return steps
  }

  async #start(client: Client) {
    const { rows } = await client.query<{ id: number }>(
      `select id from timeline_steps
       where id > (select max(id) from timeline_steps) - ${LOOK_BACK} order by id`
    )
    const newest = rows.at(-1)?.id ?? 0
    this.#last = Math.max(0, newest - LOOK_BACK)
    for (const { id } of rows) this.#pass(id)
  }

  #pass(id: number) {
    this.#missing.delete(id)
    // In a wider gap, the lower ids belong to no open transaction.
    const from = Math.max(this.#last + 1, id - LOOK_BACK)
    for (let skipped = from; skipped < id; skipped++) this.#missing.add(skipped)
    this.#last = Math.max(this.#last, id)
  }
}
