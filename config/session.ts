import { defineConfig } from '@adonisjs/session'
import { publicUrl } from '#config/app'
import { throttledSessionStore } from '#http/server/throttled_session_store'

/** How long a session of the admin pages lasts after its last request, to the minute. */
export const SESSION_HOURS = 10

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
