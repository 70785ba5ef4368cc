/*
 * The floor below which no row is pending: without it each read scans the dead index entries of all
 * rows published since the last vacuum.
 *
 * A transaction may draw a low id and commit late. So a candidate F is adopted only when every
 * transaction that was alive when F was read has ended: a transaction that began later drew a higher
 * id. Readers have no transaction id and do not delay it.
 *
 * What was proven once holds for good, so a new leader begins with the floor on record instead of scanning
 * those entries until it has proven one of its own.
 */
import type { LeaderConnection } from './leader_connection.ts'

/** The floor goes on record when it has moved by so many ids: a new leader scans few more. */
const RECORDED_EACH = 10_000n

/** A condition on `outbox` for those who look from outside: rows to be published, found without that scan. */
export const isPending = /* sql */ `
  published_at is null and outbox.id > (select published_up_to from messaging_state)`

interface Horizon {
  xmin: string
  xmax: string
  last: string
  pending: string | null
}

export class RelayFloor {
  readonly #connection: LeaderConnection
  #floor: bigint
  #recorded: bigint
  #candidate: { id: bigint; xmax: bigint } | null = null

  private constructor(connection: LeaderConnection, recorded: bigint) {
    this.#connection = connection
    this.#floor = this.#recorded = recorded
  }

  /** The floor on record. One above all ids is of an outbox that was emptied and counts anew: it is void. */
  static async onRecord(connection: LeaderConnection): Promise<RelayFloor> {
    const [{ floor }] = await connection.query<{ floor: string }>(
      `update messaging_state set published_up_to =
         case when published_up_to <= (select coalesce(max(id), 0) from outbox) then published_up_to else 0 end
       returning published_up_to::text as floor`
    )
    return new RelayFloor(connection, BigInt(floor))
  }

  /** All rows with this id or a lower one are published, or never will exist. */
  get value(): string {
    return String(this.#floor)
  }

  /** Called each second; the query is the leader's sign of life as well. */
  async advance() {
    const [horizon] = await this.#connection.query<Horizon & Record<string, unknown>>({
      name: 'relay_floor',
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
      this.#floor =
        lowestPending !== null && lowestPending <= reached ? lowestPending - 1n : reached
      this.#candidate = null
    }
    this.#candidate ??= { id: BigInt(last), xmax: BigInt(xmax) }
    if (this.#floor - this.#recorded >= RECORDED_EACH) await this.#record()
  }

  async #record() {
    this.#recorded = this.#floor
    await this.#connection.query('update messaging_state set published_up_to = $1', [this.value])
  }
}
