import { defineConfig } from '@adonisjs/session'
import { touchedSessions } from '#accounts/touched_sessions'
import { publicUrl } from '#config/app'

/** A working day, counted from the last request, to a minute. */
export const SESSION_HOURS = 10

/** Of people at the admin pages. */
const sessionConfig = defineConfig({
  cookieName: 'quartermaster-session',
  clearWithBrowser: false,
  age: `${SESSION_HOURS}h`,
  cookie: { path: '/', httpOnly: true, secure: publicUrl.startsWith('https:'), sameSite: 'lax' },
  store: 'database',
  stores: {
    database: touchedSessions,
  },
})

export default sessionConfig
