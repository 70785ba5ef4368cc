/*
 * Very many message ids in little memory: 8 bytes each, where a Set takes some hundred and ends at 2^24.
 */

const BLOCK = 65_536

/**
 * Of a UUID its last 8 bytes are kept: random but for two bits (RFC 9562), so that one of ten million that
 * is missing is taken for there once in 10^11 times.
 */
export class MessageIds {
  #all = new BigUint64Array(BLOCK)
  #count = 0
  #sorted = true

  /** What is no UUID is no message of ours. */
  add(id: string) {
    const tail = tailOf(id)
    if (tail === null) return
    if (this.#count === this.#all.length) {
      const more = new BigUint64Array(this.#all.length * 2)
      more.set(this.#all)
      this.#all = more
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
