import { configProvider } from '@adonisjs/core'
import type { HttpContext } from '@adonisjs/core/http'
import { stores } from '@adonisjs/session'

const MINUTE_MS = 60_000

/**
 * The framework's database store, which records the use of a session at most once a minute: a page waits
 * until that write is on disk. Requests that open pages repeat by themselves are no use of the session.
 */
export function throttledSessionStore(table: { connectionName: string; tableName: string }) {
  const database = stores.database(table)
  const writes = new RecentWrites()
  return configProvider.create(async (app) => {
    const openStore = await database.resolver(app)
    return (...session: Parameters<typeof openStore>) => {
      const store = openStore(...session)
      const touch = store.touch.bind(store)
      store.touch = async (id) => {
        if (!isAutomatic(session[0]) && writes.add(id)) await touch(id)
      }
      return store
    }
  })
}

/** Polls, which scripts of the pages mark with `X-Poll`, and event streams. */
function isAutomatic({ request }: HttpContext) {
  return request.header('x-poll') !== undefined || request.header('accept') === 'text/event-stream'
}

class RecentWrites {
  /** Session id → time of the last write, oldest first. */
  readonly #times = new Map<string, number>()

  /** @returns false when the session was written less than a minute ago */
  add(id: string): boolean {
    if (isRecent(this.#times.get(id))) return false
    this.#forgetOld()
    this.#times.delete(id)
    this.#times.set(id, Date.now())
    return true
  }

  #forgetOld() {
    for (const [id, time] of this.#times) {
      if (isRecent(time)) return
      this.#times.delete(id)
    }
  }
}

function isRecent(time = 0) {
  return Date.now() - time < MINUTE_MS
}
