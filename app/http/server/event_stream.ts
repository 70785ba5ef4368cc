/*
 * Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html) on the raw response, one
 * stream per reader. All streams share one timer.
 */
import { randomInt } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { HttpContext } from '@adonisjs/core/http'
import { streamsRejected } from './metrics.ts'
import { Problem } from '../problem.ts'

/** Interval of comments on every stream, because proxies close silent connections after a minute. */
const HEARTBEAT_MS = 15_000
/** Unread bytes after which a slow reader is disconnected. */
const MOST_BEHIND = 256 * 1024
/** Unread bytes allowed for a moment, because a single write cannot be read before it is complete. */
const MOST_AT_ONCE = 2 * 1024 * 1024
const MOMENT_MS = 1_000
/** Maximum number of open streams of one customer, and of all readers, in this process. */
const PER_CUSTOMER = 20
const PER_PROCESS = 2_000
/** Readers reconnect after a random delay, so that they do not all return in the same second after a restart. */
const RECONNECT_MS = { least: 1_000, most: 5_000 }

const open = new Set<EventStream>()
/** Open streams by customer account. */
const openOf = new Map<string, number>()
let heartbeat: NodeJS.Timeout | null = null
let stopping = false

export class EventStream {
  readonly #raw: ServerResponse
  /** The customer account whose limit applies; null for other readers. */
  readonly #customerId: string | null
  readonly #onEnd = new Set<() => void>()
  #ended = false
  /** Whether the reader has read nothing since the last heartbeat. */
  #behind = false
  #judgement: NodeJS.Timeout | null = null

  private constructor(raw: ServerResponse, customerId: string | null) {
    this.#raw = raw
    this.#customerId = customerId
    open.add(this)
    if (customerId) openOf.set(customerId, (openOf.get(customerId) ?? 0) + 1)
  }

  /**
   * Responds with a stream. Returns null when it ends immediately: for HEAD, while the process stops, and when the
   * client has disconnected.
   *
   * @throws Problem 429 `too_many_streams`
   */
  static open({ request, response, account }: HttpContext): EventStream | null {
    const raw = response.response
    const customerId = account?.role === 'customer' ? account.id : null
    const endsAtOnce = request.method() === 'HEAD' || stopping || raw.destroyed
    if (!endsAtOnce) refuseTooMany(customerId)
    response.relayHeaders()
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Tells nginx not to buffer.
      'x-accel-buffering': 'no',
      'connection': 'close',
    })
    // An EventSource reconnects after an empty stream, but not after an error response.
    if (endsAtOnce) {
      raw.end()
      return null
    }
    const stream = new EventStream(raw, customerId)
    raw.on('close', () => stream.#close())
    raw.on('error', () => stream.#close())
    raw.on('drain', () => (stream.#behind = false))
    raw.write(`retry: ${randomInt(RECONNECT_MS.least, RECONNECT_MS.most + 1)}\n\n`)
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

  /** Sends the reader its position without an event. */
  mark(id: string) {
    this.#write(`id: ${id}\n\n`)
  }

  /** Resolves when the reader has read everything, or when the stream ends. For bulk senders. */
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

  /** Calls back once, when the stream ends on either side. */
  onEnd(listener: () => void) {
    if (this.#ended) listener()
    else this.#onEnd.add(listener)
  }

  /** Ends the stream. Its reader reconnects with the id of the last event. */
  end() {
    // A reader that reads nothing would not read the end either.
    if (this.#raw.writableNeedDrain) this.#raw.destroy()
    else this.#raw.end()
    this.#close()
  }

  /** Disconnects a reader that reads nothing between two heartbeats. */
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
    this.#countDown()
    for (const listener of this.#onEnd) listener()
    this.#onEnd.clear()
  }

  #countDown() {
    if (!this.#customerId) return
    const left = openOf.get(this.#customerId)! - 1
    if (left > 0) openOf.set(this.#customerId, left)
    else openOf.delete(this.#customerId)
  }
}

function refuseTooMany(customerId: string | null) {
  if (customerId && (openOf.get(customerId) ?? 0) >= PER_CUSTOMER) {
    streamsRejected.inc({ reason: 'customer' })
    throw tooManyStreams(
      `You have ${PER_CUSTOMER} event streams open. Close one that you no longer need, then connect again.`
    )
  }
  if (open.size < PER_PROCESS) return
  streamsRejected.inc({ reason: 'process' })
  throw tooManyStreams(
    'The server has reached its limit of open event streams. Retry after 5 seconds.'
  )
}

function tooManyStreams(detail: string) {
  return new Problem('too_many_streams', detail, { headers: { 'Retry-After': '5' } })
}

function beat() {
  for (const stream of open) stream.beat()
  if (open.size > 0 || !heartbeat) return
  clearInterval(heartbeat)
  heartbeat = null
}

/** The number of open streams in this process. */
export function openStreams() {
  return open.size
}

/** Ends all streams, and those opened later, so that the process can stop. */
export function endEventStreams() {
  stopping = true
  for (const stream of open) stream.end()
}
