/*
 * How much the relay sends to a partition at once: half a megabyte, or what the broker takes. What is
 * refused as a whole is halved, and each success that was about as large as it might be lets the next be larger
 * again. So a small limit of a topic costs one refusal in some sends, and not one after the other before each.
 */
const MOST_BYTES = 512 * 1024
const REGROWTH = 1.25

interface Row {
  key_hash: number
  json: string
}

export class SendBatches {
  /** Bytes of the next send to partitions that were refused; the others get the most. */
  readonly #reduced = new Map<number, number>()

  /**
   * At most one batch a partition, each in the order of the rows; what does not fit is to be read again after
   * it. The first row always fits.
   */
  of<R extends Row>(rows: R[], partitions: number): Map<number, R[]> {
    const batches = new Map<number, R[]>()
    const bytes = new Map<number, number>()
    for (const row of rows) {
      const partition = row.key_hash % partitions
      const batch = batches.get(partition)
      const size = (bytes.get(partition) ?? 0) + bytesOf(row)
      // Once one does not fit, none that comes after it may overtake.
      bytes.set(partition, batch && size > this.#most(partition) ? Infinity : size)
      if (!batch) batches.set(partition, [row])
      else if (bytes.get(partition) !== Infinity) batch.push(row)
    }
    return batches
  }

  accepted(partition: number, rows: Row[]) {
    const most = this.#reduced.get(partition)
    // A small one says nothing of what the broker takes.
    if (most === undefined || sizeOf(rows) < most / 2) return
    if (most * REGROWTH < MOST_BYTES) this.#reduced.set(partition, most * REGROWTH)
    else this.#reduced.delete(partition)
  }

  /** @param rows - two or more: one alone cannot be made smaller */
  refused(partition: number, rows: Row[]) {
    this.#reduced.set(partition, sizeOf(rows) / 2)
  }

  #most(partition: number) {
    return this.#reduced.get(partition) ?? MOST_BYTES
  }
}

function sizeOf(rows: Row[]) {
  return rows.reduce((sum, row) => sum + bytesOf(row), 0)
}

function bytesOf({ json }: Row) {
  return Buffer.byteLength(json)
}
