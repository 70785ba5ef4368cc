/*
 * The session store, which writes that a session was used once a minute rather than with each page: a page
 * waits for that write until it is on the disk.
 */
import { configProvider } from '@adonisjs/core'
import { stores } from '@adonisjs/session'

const inDatabase = stores.database({ connectionName: 'accounts', tableName: 'sessions' })

const MINUTE = 60_000

/** Session id → when it was last written to have been used; the oldest first. */
const touched = new Map<string, number>()

/** In the database: a restart signs nobody out, and a session can be revoked. */
export const touchedSessions = configProvider.create(async (app) => {
  const openStore = await inDatabase.resolver(app)
  return (...session: Parameters<typeof openStore>) => {
    const store = openStore(...session)
    const touch = store.touch.bind(store)
    store.touch = async (id) => {
      if (isRecent(touched.get(id))) return
      forgetOld()
      touched.delete(id)
      touched.set(id, Date.now())
      await touch(id)
    }
    return store
  }
})

function isRecent(at = 0) {
  return Date.now() - at < MINUTE
}

function forgetOld() {
  for (const [id, at] of touched) {
    if (isRecent(at)) return
    touched.delete(id)
  }
}
