import { defineConfig } from '@adonisjs/session'
import { publicUrl } from '#config/app'
import { throttledSessionStore } from '#http/server/throttled_session_store'

/**
 * How long a session of the admin pages lasts after the last request that a person made, to the minute. Requests that
 * open pages repeat by themselves do not count.
 */
export const SESSION_HOURS = 10

/** How long a session lasts after the sign-in, whatever happens in it. */
export const SIGN_IN_HOURS = 12

const sessionConfig = defineConfig({
  cookieName: 'quartermaster-session',
  clearWithBrowser: false,
  age: `${SESSION_HOURS}h`,
  cookie: { path: '/', httpOnly: true, secure: publicUrl.startsWith('https:'), sameSite: 'lax' },
  store: 'database',
  stores: {
    // In the database, so that a restart signs nobody out and a session can be revoked.
    database: throttledSessionStore({ connectionName: 'accounts', tableName: 'sessions' }),
  },
})

export default sessionConfig
