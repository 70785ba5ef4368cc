/*
 * The floor below which no row is pending: without it each read scans the dead index entries of all
 * rows published since the last vacuum.
 *
 * A transaction may draw a low id and commit late. So a candidate F is adopted only when every
 * transaction that was alive when F was read has ended: a transaction that began later drew a higher
 * id. Readers have no transaction id and do not delay it.
 */
import type { LeaderConnection } from './leader_connection.ts'

interface Horizon {
  xmin: string
  xmax: string
  last: string
  pending: string | null
}

export class RelayFloor {
  readonly #connection: LeaderConnection
  #floor = 0n
  #candidate: { id: bigint; xmax: bigint } | null = null

  constructor(connection: LeaderConnection) {
    this.#connection = connection
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
  }
}
