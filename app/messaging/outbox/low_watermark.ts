/*
 * The id below which no row is pending: without it each read scans the dead index entries of all rows
 * published since the last vacuum.
 *
 * A transaction may take a low id and commit late. So a candidate F is adopted only when every transaction
 * that was running when F was read has ended: a later one takes a higher id. Readers have no
 * transaction id and do not delay it.
 *
 * A proven watermark stays valid, so a new leader begins with the stored one instead of scanning those
 * entries until it has proven its own.
 */
import type { LeaderConnection } from './leader_connection.ts'

/** The watermark is stored each time it has advanced by this many ids. */
const STORE_EVERY = 10_000n

/** A condition on `outbox` for statements outside the relay: pending rows, found without that scan. */
export const isPending = /* sql */ `
  published_at is null and outbox.id > (select published_up_to from messaging_state)`

interface Horizon {
  xmin: string
  xmax: string
  last: string
  pending: string | null
}

export class LowWatermark {
  readonly #connection: LeaderConnection
  #value: bigint
  #stored: bigint
  #candidate: { id: bigint; xmax: bigint } | null = null

  private constructor(connection: LeaderConnection, stored: bigint) {
    this.#connection = connection
    this.#value = this.#stored = stored
  }

  /** Reads the stored watermark. One above all ids belongs to an outbox that was emptied, and is reset to 0. */
  static async load(connection: LeaderConnection): Promise<LowWatermark> {
    const [{ stored }] = await connection.query<{ stored: string }>(
      `update messaging_state set published_up_to =
         case when published_up_to <= (select coalesce(max(id), 0) from outbox) then published_up_to else 0 end
       returning published_up_to::text as stored`
    )
    return new LowWatermark(connection, BigInt(stored))
  }

  /** All rows up to this id are published, or will never exist. */
  get value(): string {
    return String(this.#value)
  }

  /** Called every second. Its query also keeps the leader's session alive. */
  async advance() {
    const [horizon] = await this.#connection.query<Horizon & Record<string, unknown>>({
      name: 'relay_low_watermark',
      text: /* sql */ `
        select pg_snapshot_xmin(snapshot)::text as xmin, pg_snapshot_xmax(snapshot)::text as xmax,
               (select coalesce(max(id), 0)::text from outbox) as last,
               (select min(id)::text from outbox where published_at is null and id > $1) as pending
        from (select pg_current_snapshot() as snapshot) as now`,
      values: [this.value],
    })
    const { xmin, xmax, last, pending } = horizon
    const lowestPending = pending === null ? null : BigInt(pending)
    if (this.#candidate && BigInt(xmin) >= this.#candidate.xmax) {
      const reached = this.#candidate.id
      this.#value =
        lowestPending !== null && lowestPending <= reached ? lowestPending - 1n : reached
      this.#candidate = null
    }
    this.#candidate ??= { id: BigInt(last), xmax: BigInt(xmax) }
    if (this.#value - this.#stored >= STORE_EVERY) await this.#store()
  }

  async #store() {
    this.#stored = this.#value
    await this.#connection.query('update messaging_state set published_up_to = $1', [this.value])
  }
}
