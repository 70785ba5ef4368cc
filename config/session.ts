import { defineConfig, stores } from '@adonisjs/session'
import { publicUrl } from '#config/app'

/** Of people at the admin pages. A working day long, counted from the last request. */
const sessionConfig = defineConfig({
  cookieName: 'quartermaster-session',
  clearWithBrowser: false,
  age: '10h',
  cookie: { path: '/', httpOnly: true, secure: publicUrl.startsWith('https:'), sameSite: 'lax' },
  store: 'database',
  stores: {
    // In the database: a restart signs nobody out, and a session can be revoked.
    database: stores.database({ connectionName: 'accounts', tableName: 'sessions' }),
  },
})

export default sessionConfig
