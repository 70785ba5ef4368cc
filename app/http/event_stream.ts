/*
 * Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html) on the raw
 * response: one stream to one reader. Streams cost memory and no timers of their own.
 */
import type { ServerResponse } from 'node:http'
import type { HttpContext } from '@adonisjs/core/http'

/** A comment to every open stream: proxies close what is silent for a minute. */
const HEARTBEAT_MS = 15_000
/** Bytes that a reader may leave untaken for longer than it takes to fetch them. */
const MOST_BEHIND = 256 * 1024
/** What is written in one go cannot be taken in between, so more of it may lie here for a moment. */
const MOST_AT_ONCE = 2 * 1024 * 1024
const MOMENT_MS = 1_000

const open = new Set<EventStream>()
let heartbeat: NodeJS.Timeout | null = null
let stopping = false

export class EventStream {
  readonly #raw: ServerResponse
  readonly #onEnd = new Set<() => void>()
  #ended = false
  /** Whether something lay untaken at the last heartbeat, and has lain since. */
  #behind = false
  #judgement: NodeJS.Timeout | null = null

  private constructor(raw: ServerResponse) {
    this.#raw = raw
  }

  /** Answers the request with a stream; null where it ends at once: for HEAD, while the process stops, and when the client has gone. */
  static open({ request, response }: HttpContext): EventStream | null {
    response.relayHeaders()
    const raw = response.response
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // For nginx: each event as it comes.
      'x-accel-buffering': 'no',
      'connection': 'close',
    })
    // From an empty stream an EventSource comes back; a problem would end it for good.
    if (request.method() === 'HEAD' || stopping || raw.destroyed) {
      raw.end()
      return null
    }
    const stream = new EventStream(raw)
    raw.on('close', () => stream.#close())
    raw.on('error', () => stream.#close())
    raw.on('drain', () => (stream.#behind = false))
    raw.write('retry: 1000\n\n')
    open.add(stream)
    heartbeat ??= setInterval(beat, HEARTBEAT_MS).unref()
    return stream
  }

  get ended() {
    return this.#ended
  }

  /** Sends one event. @param data - one line, such as JSON */
  send(id: string, data: string) {
    this.#write(`id: ${id}\ndata: ${data}\n\n`)
  }

  /** Tells the reader where it stands, without an event. */
  mark(id: string) {
    this.#write(`id: ${id}\n\n`)
  }

  /** Resolves when what was sent is taken, for whoever sends much at a time; or when the stream ends. */
  async drained(): Promise<void> {
    if (this.#ended || !this.#raw.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      const go = () => {
        this.#raw.off('drain', go)
        this.#onEnd.delete(go)
        resolve()
      }
      this.#raw.on('drain', go)
      this.#onEnd.add(go)
    })
  }

  /** Calls back once, when the reader has gone or we have ended it. */
  onEnd(listener: () => void) {
    if (this.#ended) listener()
    else this.#onEnd.add(listener)
  }

  /** Ends the stream; its reader comes back with the id of the last event. */
  end() {
    // Whoever takes nothing would not take the end either.
    if (this.#raw.writableNeedDrain) this.#raw.destroy()
    else this.#raw.end()
    this.#close()
  }

  /** Whoever takes nothing from one heartbeat to the next has gone, or might as well have. */
  beat() {
    if (this.#behind) return this.#raw.destroy()
    this.#behind = this.#raw.writableNeedDrain
    this.#write(':\n\n')
  }

  #write(text: string) {
    if (this.#ended) return
    this.#raw.write(text)
    if (this.#raw.writableLength > MOST_AT_ONCE) this.#raw.destroy()
    if (this.#raw.writableLength <= MOST_BEHIND) return
    this.#judgement ??= setTimeout(() => {
      this.#judgement = null
      if (this.#raw.writableLength > MOST_BEHIND) this.#raw.destroy()
    }, MOMENT_MS).unref()
  }

  #close() {
    if (this.#ended) return
    this.#ended = true
    if (this.#judgement) clearTimeout(this.#judgement)
    open.delete(this)
    for (const listener of this.#onEnd) listener()
    this.#onEnd.clear()
  }
}

function beat() {
  for (const stream of open) stream.beat()
  if (open.size > 0 || !heartbeat) return
  clearInterval(heartbeat)
  heartbeat = null
}

/** How many streams are open in this process. */
export function openStreams() {
  return open.size
}

/** Ends every stream, and each that is opened from now on: the process stops, and would wait for them. */
export function endEventStreams() {
  stopping = true
  for (const stream of open) stream.end()
}
