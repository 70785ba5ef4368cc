/*
 * A reader that reconnects with its last id when the stream ends, as a browser's EventSource does.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { EventReader, type Event } from '#tests/support/connections/event_reader'

/** A browser waits for a second. */
const RETRY_MS = 50

export class ReturningReader {
  readonly #url: string
  readonly #headers: Record<string, string>
  #reader: EventReader | null = null
  #last: string | null = null
  #closed = false
  /** How often a stream was opened. */
  connections = 0
  /** All events over all connections. */
  readonly events: Event[] = []
  /** Rejects when the server refuses one of its own ids. */
  readonly reading: Promise<void>

  constructor(url: string, token: string) {
    this.#url = url
    this.#headers = { authorization: `Bearer ${token}` }
    this.reading = this.#read()
    // A rejection reaches the code that awaits it.
    this.reading.catch(() => {})
  }

  /** Null before the first id. */
  get lastId() {
    return this.#reader?.lastId ?? this.#last
  }

  async close() {
    this.#closed = true
    this.#reader?.close()
    await this.reading
  }

  async #read() {
    while (!this.#closed) {
      const reader = await this.#open()
      if (reader?.status === 200) {
        this.connections++
        for await (const event of reader) this.events.push(event)
      } else if (reader && reader.status < 500) {
        throw new Error(`${this.#url} after ${this.#last}: ${reader.status}`)
      }
      this.#last = this.lastId
      if (!this.#closed) await sleep(RETRY_MS)
    }
  }

  /** Null without a response. */
  async #open() {
    const place = this.#last === null ? undefined : { 'last-event-id': this.#last }
    const opening = EventReader.open(this.#url, { ...this.#headers, ...place })
    this.#reader = await opening.catch(() => null)
    return this.#reader
  }
}
