/*
 * When to read again after a read. Every read is followed by a fixed cost, so reading one row costs nearly as much as
 * reading ten. Under load, rows gather: the more rows the last reads found, the longer is the time from one read to the
 * next. What comes later than that never waits.
 */

export interface PaceLimits {
  /** Milliseconds from one read to the next at most. */
  most: number
  /** Milliseconds that each further row of the mean read adds. */
  perRow: number
}

/** The weight of the newest read in the mean. */
const NEWEST = 0.25

export class Pace {
  readonly #limits: PaceLimits
  #readAt = -Infinity
  #meanRows = 0

  constructor(limits: PaceLimits) {
    this.#limits = limits
  }

  /** Call it after each read that found rows. @param at - when it began, in milliseconds */
  read(rows: number, at: number) {
    this.#readAt = at
    this.#meanRows += (rows - this.#meanRows) * NEWEST
  }

  /**
   * Milliseconds until the next read.
   *
   * @param isBusy - whether work on the last rows is in progress: the next read waits for it, up to the limit
   */
  delay(now: number, isBusy = false): number {
    const { most, perRow } = this.#limits
    const gathering = isBusy ? most : Math.min(most, (this.#meanRows - 1) * perRow)
    return Math.max(0, this.#readAt + gathering - now)
  }
}
