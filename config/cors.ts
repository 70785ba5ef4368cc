import env from '#start/env'
import { defineConfig } from '@adonisjs/cors'

const origins = env.get('CORS_ORIGINS')

/** Request headers that pages of other origins may send. */
const SENT = [
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  'prefer',
  'x-request-id',
]

/** Response headers that they may read, besides the CORS-safelisted ones. */
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

/** Some clients separate the names by ", ". */
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
