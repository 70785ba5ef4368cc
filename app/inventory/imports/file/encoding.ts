/*
 * Detects the encoding of a CSV file, which does not state it.
 */
import { isAscii } from 'node:buffer'

export type Encoding = 'utf-8' | 'windows-1252'

/**
 * Counts non-ASCII characters while the file streams through. A file is Windows-1252 when it has more
 * bytes that are invalid UTF-8 than valid multi-byte characters, and no byte order mark. A few bad bytes
 * in a UTF-8 file are therefore errors of their rows, and do not garble the others.
 */
export class EncodingDetector {
  #valid = 0
  #invalid = 0
  /** The current character: bytes seen and bytes missing. */
  #seen = 0
  #missing = 0
  /** The valid range of the next byte, which some first bytes narrow (RFC 3629). */
  #from = 0x80
  #to = 0xbf
  #start: number[] = []

  add(bytes: Uint8Array) {
    for (const byte of bytes.subarray(0, 3 - this.#start.length)) this.#start.push(byte)
    if (this.#missing === 0 && isAscii(bytes)) return
    for (const byte of bytes) this.#next(byte)
  }

  detected(): Encoding {
    if (this.#start.join(' ') === '239 187 191') return 'utf-8'
    const invalid = this.#invalid + this.#seen
    return invalid > this.#valid ? 'windows-1252' : 'utf-8'
  }

  #next(byte: number) {
    if (this.#missing === 0) {
      if (byte >= 0x80) this.#begin(byte)
    } else if (byte < this.#from || byte > this.#to) {
      this.#invalid += this.#seen
      this.#missing = 0
      this.#seen = 0
      this.#next(byte)
    } else {
      this.#missing--
      this.#seen = this.#missing === 0 ? 0 : this.#seen + 1
      if (this.#missing === 0) this.#valid++
      this.#from = 0x80
      this.#to = 0xbf
    }
  }

  #begin(byte: number) {
    if (byte < 0xc2 || byte > 0xf4) {
      this.#invalid++
      return
    }
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
    this.#seen = 1
    this.#from = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80
    this.#to = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf
  }
}
