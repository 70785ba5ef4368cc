import { defineConfig, stores } from '@adonisjs/session'
import { publicUrl } from '#config/app'

/** A working day, counted from the last request. */
export const SESSION_HOURS = 10

/** Of people at the admin pages. */
const sessionConfig = defineConfig({
  cookieName: 'quartermaster-session',
  clearWithBrowser: false,
  age: `${SESSION_HOURS}h`,
  cookie: { path: '/', httpOnly: true, secure: publicUrl.startsWith('https:'), sameSite: 'lax' },
  store: 'database',
  stores: {
    // In the database: a restart signs nobody out, and a session can be revoked.
    database: stores.database({ connectionName: 'accounts', tableName: 'sessions' }),
  },
})

export default sessionConfig
