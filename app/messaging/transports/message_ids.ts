/*
 * Message ids in little memory: 8 bytes each. A Set needs about a hundred, and holds at most 2^24 entries.
 */

const INITIAL_CAPACITY = 65_536

/**
 * Keeps the last 8 bytes of each UUID, which are random except for two bits (RFC 9562). With ten million ids, a
 * missing one is mistaken for a present one with a probability below 10^-11.
 */
export class MessageIds {
  #all = new BigUint64Array(INITIAL_CAPACITY)
  #count = 0
  #sorted = true

  /** Ignores anything but a UUID: our messages have one. */
  add(id: string) {
    const tail = tailOf(id)
    if (tail === null) return
    if (this.#count === this.#all.length) {
      const larger = new BigUint64Array(this.#all.length * 2)
      larger.set(this.#all)
      this.#all = larger
    }
    this.#all[this.#count++] = tail
    this.#sorted = false
  }

  has(id: string): boolean {
    const tail = tailOf(id)
    if (tail === null) return false
    if (!this.#sorted) this.#all.subarray(0, this.#count).sort()
    this.#sorted = true
    let [low, high] = [0, this.#count]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#all[middle] < tail) low = middle + 1
      else high = middle
    }
    return low < this.#count && this.#all[low] === tail
  }
}

function tailOf(id: string): bigint | null {
  const hex = id.replaceAll('-', '')
  return /^[0-9a-f]{32}$/i.test(hex) ? BigInt(`0x${hex.slice(16)}`) : null
}
