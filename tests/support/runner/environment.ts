/*
 * The PostgreSQL server and the database of a run. Runners side by side have a server each: on one server a
 * transaction of any database holds back what the others may read.
 */
import { randomBytes } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { defineConfig, drivers } from '@adonisjs/core/hash'
import type { ApplicationService } from '@adonisjs/core/types'
import pg from 'pg'
import { startEmbeddedPostgres } from '#database/embedded/server'

const root = new URL('../../../', import.meta.url)

/** Where the run keeps its files: the database server, the broker's jars, mails. */
export const testDataDir = fileURLToPath(
  new URL(['.data/test', process.env.TEST_RUNNER].filter(Boolean).join('-'), root)
)

let serverUrl = ''

/** Sets the settings of a run, and starts what they name. `TEST_DATABASE_URL` brings a server of your own. */
export async function prepareTestEnvironment(app: ApplicationService) {
  const ours = process.env.TEST_DATABASE_URL
  const server = ours ? null : await startEmbeddedPostgres({ dataDir: testDataDir, as: 'guest' })
  serverUrl = ours ?? server!.url
  const database = await createDatabase()
  Object.assign(process.env, {
    DATABASE_URL: database.url,
    DATA_DIR: testDataDir,
    APP_KEY: randomBytes(32).toString('hex'),
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    CORS_ORIGINS: 'https://shop.example.com,http://localhost:5173',
    // A test says with X-Forwarded-For who is calling.
    TRUSTED_PROXIES: '127.0.0.1,::1,10.0.0.0/8',
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
  })
  await hashFaster()
  const terminate = app.terminate.bind(app)
  let ending: Promise<void> | null = null
  app.terminate = () => {
    // A transaction that a failed test has left open would keep the pools from closing.
    ending ??= Promise.race([terminate(), sleep(10_000, undefined, { ref: false })])
      .then(() => database.drop())
      .finally(() => server?.stop())
    return ending
  }
}

/** Passwords of tests need no protection: a hash as costly as in production takes 40 ms of the processor. */
async function hashFaster() {
  const { default: config } = await import('#config/hash')
  const scrypt = drivers.scrypt({ cost: 1_024, blockSize: 8, parallelization: 1 })
  Object.assign(config, defineConfig({ default: 'scrypt', list: { scrypt } }))
}

/** A new, empty database on the run's server, for a process of its own. */
export async function createDatabase() {
  const name = `quartermaster_test_${process.pid}_${randomBytes(3).toString('hex')}`
  await onServer(`create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: () => onServer(`drop database if exists ${name} with (force)`),
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

async function onServer(statement: string) {
  const client = new pg.Client(serverUrl)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
