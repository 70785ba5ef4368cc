import { backoff } from '#runtime/backoff'
import { connectionLimit } from './metrics.ts'

export interface MailLimits {
  /** Connections to the mail server, each with one mail at a time. */
  connections: number
  /** Mails that begin in a second; null for no limit. */
  perSecond: number | null
}

/** After the server has refused a connection, twice as many are tried at most this often. */
const RAISE_EVERY_MS = 10_000
const AFTER_FAILURE = { first: 500, most: 10_000 }

/**
 * Limits the mails that are sent at once, to the setting and to what the server takes. If connections fail while others
 * work, the server takes only those others. If the last one fails, the server is away: one mail at a time tries it,
 * less and less often.
 */
export class ConnectionLimit {
  readonly #settings: MailLimits
  /** Mails at once: grows to `#ceiling` by one with each delivery. */
  #limit: number
  #ceiling: number
  #raiseAt = 0
  #inUse = 0
  /** No mail begins earlier. */
  #nextAt = 0
  #failures = 0
  #timer: NodeJS.Timeout | null = null
  #waiting: ((begins: boolean) => void)[] = []
  #closed = false

  constructor(settings: MailLimits) {
    this.#settings = settings
    this.#limit = settings.connections
    this.#ceiling = settings.connections
    connectionLimit.set(this.#limit)
  }

  /** Waits for a connection. @returns false if the queue stops; otherwise call `end`, `delivered` or `failed` */
  take(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#admit()
    })
  }

  /** The mail took no connection, or the connection works although the mail failed. */
  end() {
    this.#inUse--
    this.#admit()
  }

  delivered(now = Date.now()) {
    this.#failures = 0
    if (this.#limit === this.#ceiling && now >= this.#raiseAt) {
      this.#ceiling = Math.min(2 * this.#ceiling, this.#settings.connections)
      this.#raiseAt = now + RAISE_EVERY_MS
    }
    this.#set(Math.min(this.#limit + 1, this.#ceiling))
    this.end()
  }

  /**
   * The connection could not be opened, or broke.
   *
   * @returns whether others are in use, so that the mail can wait for one of them
   */
  failed(now = Date.now()): boolean {
    const others = --this.#inUse
    this.#raiseAt = now + RAISE_EVERY_MS
    this.#ceiling = others > 0 ? Math.min(this.#limit, others) : this.#settings.connections
    this.#set(Math.min(this.#ceiling, Math.max(1, others)))
    if (others === 0) this.#nextAt = now + backoff(++this.#failures, AFTER_FAILURE)
    this.#admit()
    return others > 0
  }

  /** Nothing begins any more. */
  close() {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    this.#admit()
  }

  #admit() {
    if (this.#closed) return this.#waiting.splice(0).forEach((begin) => begin(false))
    while (this.#waiting.length > 0 && this.#inUse < this.#limit) {
      const now = Date.now()
      if (now < this.#nextAt) return this.#admitLater(this.#nextAt - now)
      const { perSecond } = this.#settings
      if (perSecond) this.#nextAt = now + 1_000 / perSecond
      this.#inUse++
      this.#waiting.shift()!(true)
    }
  }

  #admitLater(milliseconds: number) {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#admit()
    }, milliseconds)
  }

  #set(limit: number) {
    this.#limit = limit
    connectionLimit.set(limit)
  }
}
