/*
 * A reader of Server-Sent Events, as a customer's program would be.
 */
import { setTimeout as patience } from 'node:timers/promises'

export interface Event {
  id: string
  data: any
}

export class EventReader {
  readonly status: number
  readonly headers: Headers
  readonly #abort: AbortController
  readonly #events: Event[] = []
  readonly #marks: string[] = []
  #arrived = Promise.withResolvers<void>()
  #over = false
  readonly ended: Promise<void>
  /** The last id that came, with an event or without one. */
  lastId: string | null = null
  /** Why the stream broke off; null when it was ended in good order, and while it is open. */
  failure: Error | null = null

  private constructor(response: Response, abort: AbortController) {
    this.status = response.status
    this.headers = response.headers
    this.#abort = abort
    this.ended = this.#read(response)
      .catch((error) => void (this.failure = error))
      .finally(() => (this.#over = true))
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const abort = new AbortController()
    return new EventReader(await fetch(url, { headers, signal: abort.signal }), abort)
  }

  /** The next so many events, in order. @throws Error when they do not come */
  async take(count: number, within = 60_000): Promise<Event[]> {
    await this.#until(() => this.#events.length >= count, within)
    return this.#events.splice(0, count)
  }

  /** Every event that comes until the stream ends. */
  async *[Symbol.asyncIterator]() {
    for (;;) {
      const over = this.#over
      while (this.#events.length > 0) yield this.#events.shift()!
      if (over) return
      await Promise.race([this.#arrived.promise, this.ended])
    }
  }

  /** The place that the stream named without an event. */
  async mark(): Promise<string> {
    await this.#until(() => this.#marks.length > 0, 60_000)
    return this.#marks.at(-1)!
  }

  /** What has come and was not taken. */
  get waiting() {
    return this.#events.length
  }

  close() {
    this.#abort.abort()
  }

  async #until(fulfilled: () => boolean, within: number) {
    const tooLate = AbortSignal.timeout(within)
    while (!fulfilled()) {
      await Promise.race([
        this.#arrived.promise,
        patience(within, undefined, { signal: tooLate }).catch(() => {}),
      ])
      if (fulfilled()) return
      if (tooLate.aborted)
        throw new Error(`${this.#events.length} events came: ${JSON.stringify(this.#events)}`)
    }
  }

  async #read(response: Response) {
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) this.#take(block)
      this.#arrived.resolve()
      this.#arrived = Promise.withResolvers()
    }
  }

  #take(block: string) {
    const id = /^id: (.*)$/m.exec(block)?.[1]
    const data = /^data: (.*)$/m.exec(block)?.[1]
    if (id !== undefined) this.lastId = id
    if (id !== undefined && data !== undefined) this.#events.push({ id, data: JSON.parse(data) })
    else if (id !== undefined) this.#marks.push(id)
  }
}
