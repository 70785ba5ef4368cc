/*
 * Limits on request bodies that have not arrived completely. A slow client takes up one entry here and nothing else:
 * no permit, no database connection, no session.
 *
 * At a limit the oldest unfinished body is rejected, not the newest request. A body that arrives at once is read within
 * milliseconds, so slow clients replace each other, even when many clients share one address. A complete body is never
 * rejected, because a busy process may see many complete requests of one address in the same moment.
 */
import type { IncomingMessage } from 'node:http'
import { networkOf } from '../client_network.ts'
import { bodiesRejected } from './metrics.ts'
import { Problem } from '../problem.ts'

const TIMEOUT_MS = 5_000
const PER_NETWORK = 64
const PER_PROCESS = 1_000

/** `complete` is true once the whole request has arrived, and `readableAborted` if its client has disconnected before. */
type Incoming = Pick<IncomingMessage, 'complete'> &
  Partial<Pick<IncomingMessage, 'readableAborted'>>

interface Body {
  incoming: Incoming
  reject(problem: Problem): void
}

export class UnfinishedBodies {
  /** By network, oldest first. */
  readonly #byNetwork = new Map<string, Set<Body>>()
  #count = 0

  get count() {
    return this.#count
  }

  /**
   * Reads one body. One that has arrived with its request is not subject to the limits.
   *
   * @param address - of the client
   * @param incoming - the request whose body it is
   * @param read - resolves when the body, or the part of it that matters, has arrived
   * @throws Problem 400 `client_disconnected` · 408 `body_timeout` · 429 `too_many_unfinished_bodies` · 503 `body_capacity_exceeded`, and what
   *   `read` throws
   */
  async read<T>(address: string, incoming: Incoming, read: () => Promise<T>): Promise<T> {
    if (incoming.complete) return read()
    // Its end was announced before this could be awaited.
    if (incoming.readableAborted) throw clientDisconnected()
    const network = networkOf(address)
    const { promise: rejected, reject } = Promise.withResolvers<never>()
    const body = { incoming, reject }
    this.#add(network, body)
    const timer = setTimeout(() => {
      if (incoming.complete) return
      bodiesRejected.inc({ reason: 'timeout' })
      reject(bodyTimeout())
    }, TIMEOUT_MS)
    const reading = read()
    try {
      return await Promise.race([reading, rejected])
    } catch (error) {
      // A rejected body fails again when its connection closes.
      reading.catch(() => {})
      throw error
    } finally {
      clearTimeout(timer)
      this.#remove(network, body)
    }
  }

  #add(network: string, body: Body) {
    const bodies = this.#byNetwork.get(network) ?? new Set()
    this.#byNetwork.set(network, bodies.add(body))
    this.#count++
    if (bodies.size > PER_NETWORK) this.#makeRoom(network, 'address')
    else if (this.#count > PER_PROCESS) this.#makeRoom(this.#busiest(), 'process')
  }

  #remove(network: string, body: Body) {
    const bodies = this.#byNetwork.get(network)
    if (!bodies?.delete(body)) return
    this.#count--
    if (bodies.size === 0) this.#byNetwork.delete(network)
  }

  #makeRoom(network: string, reason: 'address' | 'process') {
    const [oldest] = this.#byNetwork.get(network)!
    this.#remove(network, oldest)
    if (oldest.incoming.complete) return
    bodiesRejected.inc({ reason })
    oldest.reject(reason === 'address' ? tooManyUnfinishedBodies() : bodyCapacityExceeded())
  }

  /** The network with the most unfinished bodies. */
  #busiest() {
    let [busiest, most] = ['', 0]
    for (const [network, { size }] of this.#byNetwork) {
      if (size > most) [busiest, most] = [network, size]
    }
    return busiest
  }
}

export const unfinishedBodies = new UnfinishedBodies()

/** The rest of the body is not read, so the connection cannot be reused. */
const CLOSE = { Connection: 'close' }

export function clientDisconnected() {
  return new Problem(
    'client_disconnected',
    'The client disconnected before its body had arrived. Retry with the same Idempotency-Key.'
  )
}

function bodyTimeout() {
  return new Problem(
    'body_timeout',
    `The body did not arrive within ${TIMEOUT_MS / 1_000} seconds. Send the whole body at once.`,
    { headers: CLOSE }
  )
}

function tooManyUnfinishedBodies() {
  return new Problem(
    'too_many_unfinished_bodies',
    `Your address has more than ${PER_NETWORK} requests with incomplete bodies. Send whole bodies, fewer at a time.`,
    { headers: { ...CLOSE, 'Retry-After': '1' } }
  )
}

function bodyCapacityExceeded() {
  return new Problem(
    'body_capacity_exceeded',
    'Too many requests have incomplete bodies. Retry after 1 second, and send the whole body at once.',
    { headers: { ...CLOSE, 'Retry-After': '1' } }
  )
}
