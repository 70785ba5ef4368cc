/*
 * PostgreSQL and Kafka for a run of blocks. Each block gets a database of its own, copied from a template, and topics
 * with a prefix of its own.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { appBeside, environment, startApp, type AppUnderTest } from './app.ts'
import { startKafka } from './broker.ts'
import { fromSource, type Checkout } from './checkout.ts'
import { startDatabase, type DatabaseUnderTest } from './database.ts'
import type { Endings } from './endings.ts'

export interface Catalogue {
  skus: number
  /** Units of each SKU on hand. */
  stock: number
}

interface Template {
  database: string
  /** Of a service account; none without a catalogue. */
  token: string
}

export interface RunningApp {
  app: AppUnderTest
  database: DatabaseUnderTest
}

interface Start {
  checkout: Checkout
  catalogue: Catalogue
  transport: 'embedded' | 'kafka'
  env?: NodeJS.ProcessEnv
  nodeArgs?: string[]
  profileDir?: string
}

const APP_KEY = randomBytes(32).toString('hex')
const PRICED_WITHIN_MS = 60_000

export class Stage {
  readonly #endings: Endings
  readonly #dataDir: string
  readonly #statements: boolean
  readonly #templates = new Map<string, Promise<Template>>()
  #kafka: ReturnType<typeof startKafka> | null = null
  #databases = 0

  private constructor(
    readonly server: DatabaseUnderTest,
    dataDir: string,
    statements: boolean,
    endings: Endings
  ) {
    this.#statements = statements
    this.#dataDir = dataDir
    this.#endings = endings
  }

  static async open(statements: boolean, endings: Endings): Promise<Stage> {
    const dataDir = endings.newDataDirectory()
    const server = await startDatabase(dataDir, statements, endings)
    return new Stage(server, dataDir, statements, endings)
  }

  /** The broker; the first call starts it. */
  async kafka() {
    this.#kafka ??= startKafka(this.#dataDir, this.#endings)
    return this.#kafka
  }

  /** A database with the tables of this checkout, and nothing in them. */
  async emptyDatabase(): Promise<DatabaseUnderTest> {
    const { database } = await this.#template(fromSource, null)
    return this.#copy(database)
  }

  /** Starts an app with a service account and products, and waits until its orders have their prices. */
  async startApp({ checkout, catalogue, transport, ...options }: Start): Promise<RunningApp> {
    const template = await this.#template(checkout, catalogue)
    const database = await this.#copy(template.database)
    const dataDir = join(this.#dataDir, `app_${this.#databases}`)
    mkdirSync(dataDir)
    const kafka = transport === 'kafka' ? await this.kafka() : null
    const env = { ...settings, KAFKA_TOPIC_PREFIX: `block${this.#databases}-`, ...options.env }
    const app = await startApp(
      {
        ...options,
        dataDir,
        brokers: kafka?.brokers,
        databaseUrl: database.url,
        checkout,
        env,
        ...template,
      },
      this.#endings
    )
    await untilPriced(database, catalogue.skus)
    return { app, database }
  }

  /** The settings of another process of the app. */
  settingsOf({ url: databaseUrl }: DatabaseUnderTest, env: NodeJS.ProcessEnv) {
    return { dataDir: this.#dataDir, databaseUrl, env: { ...settings, ...env } }
  }

  async drop({ url }: DatabaseUnderTest) {
    await this.server.query(
      `drop database if exists ${new URL(url).pathname.slice(1)} with (force)`
    )
  }

  async #copy(template: string): Promise<DatabaseUnderTest> {
    const name = `block_${++this.#databases}`
    await this.server.query(`create database ${name} template ${template}`)
    return this.server.inDatabase(name)
  }

  #template(checkout: Checkout, catalogue: Catalogue | null): Promise<Template> {
    const key = JSON.stringify([checkout, catalogue])
    const known = this.#templates.get(key) ?? this.#makeTemplate(checkout, catalogue)
    this.#templates.set(key, known)
    return known
  }

  async #makeTemplate(checkout: Checkout, catalogue: Catalogue | null): Promise<Template> {
    const database = `template_${this.#templates.size + 1}`
    await this.server.query(`create database ${database}`)
    const made = this.server.inDatabase(database)
    const databaseUrl = made.url
    if (this.#statements) await made.query('create extension pg_stat_statements')
    const env = { ...(await environment({ dataDir: this.#dataDir, databaseUrl })), ...settings }
    const ace = appBeside({ env, checkout })
    await succeed(ace('db:setup'))
    if (!catalogue) return { database, token: '' }
    const account = ['--role=service', '--name=shop', '--token', '--json']
    const { output } = await succeed(ace('accounts:create', ...account))
    const { token } = JSON.parse(output) as { token: string }
    const file = join(this.#dataDir, `${database}.csv`)
    writeFileSync(file, csvOf(catalogue))
    await succeed(ace('stock:import', file, '--apply'))
    return { database, token }
  }
}

/** Mails are off, except where a scenario measures them. */
const settings = { NODE_ENV: 'production', APP_KEY, CUSTOMER_MAILS: 'off' }

function csvOf({ skus, stock }: Catalogue) {
  const rows = Array.from({ length: skus }, (_, n) => `SKU-${n},Product ${n},12.50,EUR,${stock}`)
  return ['sku,name,price,currency,counted', ...rows, ''].join('\n')
}

async function succeed<T extends { code: number; printed: string }>(run: Promise<T>): Promise<T> {
  const result = await run
  if (result.code !== 0)
    throw new Error(`node ace ends with ${result.code}:\n${result.printed.slice(-1_000)}`)
  return result
}

/** Orders learn prices by message. */
async function untilPriced(database: DatabaseUnderTest, skus: number) {
  const until = Date.now() + PRICED_WITHIN_MS
  for (;;) {
    const rows = await database.query<{ count: number }>(
      'select count(*)::int as count from orders.price_list'
    )
    if (rows[0].count === skus) return
    if (Date.now() > until) throw new Error(`orders know only ${rows[0].count} of ${skus} prices`)
    await sleep(100)
  }
}
