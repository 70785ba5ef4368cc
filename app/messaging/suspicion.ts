/*
 * When nearly everything fails, the fault is ours and not the messages': burying them all would only
 * hide it.
 */

/** So many failures in a row, or half of a batch of at least `batch`, are suspicious. */
const SUSPICIOUS = { inARow: 20, batch: 40 }

/** So many messages fail that the consumer had better stop and ask. */
export class Suspicion extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause })
  }
}

/** @throws Suspicion when so much fails that the fault must be ours */
export function suspect(
  failuresInRow: number,
  batch: { size: number; failed: number },
  error: Error
) {
  const halfOfBatch = batch.size >= SUSPICIOUS.batch && batch.failed * 2 >= batch.size
  if (failuresInRow >= SUSPICIOUS.inARow || halfOfBatch) throw new Suspicion(error)
}
