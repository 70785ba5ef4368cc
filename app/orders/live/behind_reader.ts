/*
 * Reads what is appended to the timeline, and waits for ids that were passed over.
 */
import type { Client } from 'pg'
import { fedStepColumns, type FedStep } from './fed_step.ts'

/** An id that is still to commit lies no further below those that were seen. */
const LOOK_BACK = 10_000
const PAGE = 500

export class BehindReader {
  #last = -1
  /** Ids below the last that we have not seen: drawn by a transaction that is open, or was rolled back. */
  readonly #missing = new Set<number>()
  /** What may be given up, once every transaction that was open at the time has ended. */
  #candidate: { last: number; xmax: bigint } | null = null

  /** Every step with this id or a lower one has been read, or never will exist. */
  get position(): number {
    let position = this.#last
    for (const id of this.#missing) if (id <= position) position = id - 1
    return position
  }

  /** The steps that have committed since the last call; the first call only finds its place. */
  async read(client: Client): Promise<FedStep[]> {
    if (this.#last === -1) {
      await this.#findPlace(client)
      return []
    }
    const steps: FedStep[] = []
    for (;;) {
      const { rows } = await client.query<FedStep>({
        name: 'step_feed_read',
        text: /* sql */ `
          (select ${fedStepColumns} from timeline_steps where id = any ($2::bigint[]))
          union all
          (select ${fedStepColumns} from timeline_steps where id > $1 order by id limit ${PAGE})
          order by id`,
        values: [this.#last, [...this.#missing]],
      })
      for (const { id } of rows) this.#pass(id)
      steps.push(...rows)
      if (rows.length < PAGE) return steps
    }
  }

  /** Gives up ids whose transaction must have been rolled back; returns what a last look has found. */
  async prune(client: Client): Promise<FedStep[]> {
    // Before the horizon is asked for: of ids drawn from here on it would know nothing.
    const last = this.#last
    const { rows } = await client.query<{ xmin: string; xmax: string }>({
      name: 'step_feed_horizon',
      text: /* sql */ `
        select pg_snapshot_xmin(snapshot)::text as xmin, pg_snapshot_xmax(snapshot)::text as xmax
        from (select pg_current_snapshot() as snapshot) as now`,
    })
    const [{ xmin, xmax }] = rows
    let steps: FedStep[] = []
    if (this.#candidate && BigInt(xmin) >= this.#candidate.xmax) {
      const { last: ended } = this.#candidate
      steps = await this.read(client)
      for (const id of this.#missing) if (id <= ended) this.#missing.delete(id)
      this.#candidate = null
    }
    this.#candidate ??= { last, xmax: BigInt(xmax) }
    return steps
  }

  async #findPlace(client: Client) {
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
    // A wider hole was left by no open transaction.
    const from = Math.max(this.#last + 1, id - LOOK_BACK)
    for (let skipped = from; skipped < id; skipped++) this.#missing.add(skipped)
    this.#last = Math.max(this.#last, id)
  }
}
