/*
 * The size of the relay's sends to a partition: half a megabyte, or what the broker accepts. A refused
 * batch is halved, and each success close to the limit raises the limit again. So a topic with a small
 * limit costs one refusal in several sends, not several refusals before each.
 */
const MAX_BYTES = 512 * 1024
const REGROWTH = 1.25

interface Row {
  key_hash: number
  json: string
}

export class SendBatches {
  /** Partition → maximum bytes, for partitions with a refusal. */
  readonly #reduced = new Map<number, number>()

  /**
   * At most one batch per partition, in the order of the rows. Rows that do not fit are left for the next
   * read; the first row always fits.
   */
  of<R extends Row>(rows: R[], partitions: number): Map<number, R[]> {
    const batches = new Map<number, R[]>()
    const bytes = new Map<number, number>()
    for (const row of rows) {
      const partition = row.key_hash % partitions
      const batch = batches.get(partition)
      const size = (bytes.get(partition) ?? 0) + bytesOf(row)
      // Once a row does not fit, no later one may overtake it.
      bytes.set(partition, batch && size > this.#limitOf(partition) ? Infinity : size)
      if (!batch) batches.set(partition, [row])
      else if (bytes.get(partition) !== Infinity) batch.push(row)
    }
    return batches
  }

  /** Call it with rows that the broker has accepted. */
  raiseLimit(partition: number, rows: Row[]) {
    const limit = this.#reduced.get(partition)
    // A small batch does not show what the broker accepts.
    if (limit === undefined || sizeOf(rows) < limit / 2) return
    if (limit * REGROWTH < MAX_BYTES) this.#reduced.set(partition, limit * REGROWTH)
    else this.#reduced.delete(partition)
  }

  /** @param rows - refused by the broker, two or more: a single row cannot be split */
  lowerLimit(partition: number, rows: Row[]) {
    this.#reduced.set(partition, sizeOf(rows) / 2)
  }

  #limitOf(partition: number) {
    return this.#reduced.get(partition) ?? MAX_BYTES
  }
}

function sizeOf(rows: Row[]) {
  return rows.reduce((sum, row) => sum + bytesOf(row), 0)
}

function bytesOf({ json }: Row) {
  return Buffer.byteLength(json)
}
