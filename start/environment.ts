/*
 * Runs before the settings are read. Without a database URL it starts the embedded PostgreSQL, and in
 * development it creates an APP_KEY once and keeps it.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ApplicationService } from '@adonisjs/core/types'
import {
  EmbeddedPostgresError,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '#database/embedded/server'
import { isTransient } from '#postgres/errors'

export const DATABASE_URLS = [
  'DATABASE_URL',
  'ORDERS_DATABASE_URL',
  'INVENTORY_DATABASE_URL',
  'ACCOUNTS_DATABASE_URL',
]

/** SQLSTATEs for a wrong password, and for a user who may not log in from here. */
const LOGIN_REFUSED = ['28P01', '28000']

let embedded: EmbeddedPostgres | null = null

/** The embedded server that this process uses; null when database URLs are set. */
export function embeddedPostgres() {
  return embedded
}

/**
 * @param as - `owner`: the app itself, which stops the server when it ends; `guest`: a command beside it
 * @throws EmbeddedPostgresError, with a message that says how to fix it
 */
export async function prepareEnvironment(app: ApplicationService, as: 'owner' | 'guest') {
  const envFile = fileURLToPath(new URL('.env', app.appRoot))
  if (existsSync(envFile)) process.loadEnvFile(envFile)
  // The framework reads these itself, with other defaults.
  process.env.NODE_ENV ||= 'development'
  process.env.HOST ||= '127.0.0.1'
  process.env.PORT ||= '3333'
  const production = process.env.NODE_ENV === 'production'
  const dataDir = resolve(fileURLToPath(app.appRoot), process.env.DATA_DIR || '.data')
  process.env.DATA_DIR = dataDir
  if (!production) process.env.APP_KEY ||= developmentKey(dataDir)
  // Validate the settings before a database is created.
  await import('#start/env')
  if (DATABASE_URLS.some((name) => process.env[name])) return requireAllUrls()
  if (production) {
    throw new EmbeddedPostgresError(
      'DATABASE_URL is missing. In production Quartermaster needs a PostgreSQL server. Example: DATABASE_URL=postgres://user:password@db.example.com:5432/quartermaster'
    )
  }
  embedded = await startEmbeddedPostgres({ dataDir, as, onRestart: logRestart })
  process.env.DATABASE_URL = embedded.url
  stopWithTheApp(app, embedded)
}

/** The logger exists only after the settings are read. */
async function logRestart(error: Error | null) {
  const { default: logger } = await import('@adonisjs/core/services/logger')
  if (!error) return logger.warn('embedded PostgreSQL ended unexpectedly, restarted')
  logger.error({ err: error }, 'embedded PostgreSQL ended unexpectedly, restart failed, retrying')
}

/** An error that the person at the terminal can fix, as one text; null for any other error. */
export function startFault(error: unknown): string | null {
  const { name, code, message, help, port } = error as NodeJS.ErrnoException & {
    help?: string
    port?: number
  }
  if (name === 'EmbeddedPostgresError') return message
  if (code === 'E_INVALID_ENV_VARIABLES') return `Some settings are invalid.\n${help ?? message}`
  if (code === 'EADDRINUSE') {
    return `Port ${port} is already in use. Choose another one:  PORT=${Number(port) + 1} npm start`
  }
  if (code === '42501') {
    // knex puts the statement before the error.
    return `The database refused a statement: ${message.split(' - ').at(-1)}. Allow its user to create schemas and roles, or run "node ace db:setup" as a user who may.`
  }
  if (isTransient(error) || LOGIN_REFUSED.includes(code!)) {
    return `Cannot connect to the database: ${message}. Check DATABASE_URL, and that the server is running.`
  }
  return null
}

function requireAllUrls() {
  if (process.env.DATABASE_URL) return
  const here = [...(process.env.MODULES || 'orders,inventory').split(','), 'accounts']
  const missing = here
    .map((module) => `${module.trim().toUpperCase()}_DATABASE_URL`)
    .filter((name) => !process.env[name])
  if (missing.length > 0) {
    throw new EmbeddedPostgresError(
      `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} missing. Set one URL for each module, or DATABASE_URL for all of them.`
    )
  }
}

function developmentKey(dataDir: string) {
  const file = join(dataDir, 'app_key')
  try {
    if (existsSync(file)) return readFileSync(file, 'utf8').trim()
    mkdirSync(dataDir, { recursive: true })
    const key = randomBytes(32).toString('hex')
    writeFileSync(file, key, { mode: 0o600 })
    return key
  } catch (error) {
    throw new EmbeddedPostgresError(
      `Cannot write to ${dataDir} (${(error as Error).message}). Make it writable, or set DATA_DIR to a writable folder.`
    )
  }
}

/** After everything else, because the connection pools must be closed before the server stops. */
function stopWithTheApp(app: ApplicationService, server: EmbeddedPostgres) {
  const terminate = app.terminate.bind(app)
  let stopping: Promise<void> | null = null
  app.terminate = () => {
    stopping ??= terminate().finally(() => server.stop())
    return stopping
  }
}
