import env from '#start/env'
import { defineConfig } from '@adonisjs/cors'

const origins = env.get('CORS_ORIGINS')

/** What a page of another origin may send. */
const SENT = [
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
  'last-event-id',
  'prefer',
  'x-request-id',
]

/** What it may read of the answer, beside what every page may. */
const READ = [
  'Allow',
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'Preference-Applied',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'X-Request-Id',
]

/** Some callers write ", " between the names. */
function withBlanks(asked: string[]) {
  return [...SENT, ...asked.filter((name) => SENT.includes(name.trim().toLowerCase()))]
}

export default defineConfig({
  enabled: origins.length > 0,
  origin: origins.includes('*') ? '*' : origins,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  headers: withBlanks,
  exposeHeaders: READ,
  // Tokens travel in Authorization, never in a cookie.
  credentials: false,
  maxAge: 600,
})
