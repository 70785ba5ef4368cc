/*
 * The shop of one fault: two app processes on a database and topics of its own.
 */
import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { ace, AppProcess, dataDirectory } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'
import { eventually } from '#tests/support/eventually'
import type { TestBed } from './test_bed.ts'
import type { InjectedFaults } from './injected_faults.ts'

/** Every order has two different ones. */
export const SKUS = Array.from({ length: 12 }, (_, n) => `SKU-${n}`)
/** Less of this product is received than ordered, so it is sold out again and again. */
export const SCARCE = SKUS[0]
const ON_HAND = { plenty: 1_000_000, scarce: 50 }

export type Module = 'orders' | 'inventory'

export class Shop {
  /** The running processes, in the order of their starts. */
  readonly apps: AppProcess[]
  /** Processes that were replaced after they ended. */
  readonly #replaced: AppProcess[] = []

  private constructor(
    readonly testBed: TestBed,
    readonly process: ShopProcess,
    readonly topicPrefix: string,
    /** Connects to the database without the proxy. */
    readonly databaseUrl: string,
    readonly pool: pg.Pool,
    private readonly faultsFile: string,
    private readonly remove: () => Promise<void>
  ) {
    this.apps = [process.app]
  }

  static async open(testBed: TestBed): Promise<Shop> {
    const name = `f${randomBytes(4).toString('hex')}`
    const database = await testBed.createDatabase(name)
    const faultsFile = join(testBed.dir, `${name}.json`)
    const topicPrefix = `${name}.`
    const shopProcess = await ShopProcess.open({
      databaseUrl: database.throughProxy,
      kafka: { brokers: testBed.brokers, topicPrefix },
      entry: 'tests/system/faults/app_with_faults.ts',
      env: { FAULTS_FILE: faultsFile, NODE_OPTIONS: '--max-old-space-size=256' },
    })
    const pool = new pg.Pool({ connectionString: database.direct, max: 3 })
    // Connections may end together with the server.
    pool.on('error', () => {})
    const homes: (() => Promise<void>)[] = []
    const remove = async () => {
      await pool.end()
      for (const removeHome of homes) await removeHome()
      await shopProcess.close()
      await database.drop()
    }
    const shop = new Shop(
      ...([testBed, shopProcess, topicPrefix, database.direct, pool, faultsFile, remove] as const)
    )
    const home = await dataDirectory()
    homes.push(home.remove)
    shop.apps.push(await AppProcess.start({ ...shopProcess.options, dataDir: home.path }))
    await shop.list(SKUS)
    return shop
  }

  get token() {
    return this.process.token
  }

  topic(module: Module) {
    return `${this.topicPrefix}${module}`
  }

  async query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>(text, values)
    return rows
  }

  /** Injects faults into all processes, including those that start later; `{}` ends the faults. */
  async injectFaults(injected: InjectedFaults) {
    if (Object.keys(injected).length === 0) await rm(this.faultsFile, { force: true })
    else await writeFile(this.faultsFile, JSON.stringify(injected))
    for (const { pid } of this.apps) process.kill(pid, 'SIGUSR2')
  }

  /** The process whose relay is the module's leader. */
  async leader(module: Module): Promise<AppProcess> {
    return eventually(`a relay of ${module} is leader`, async () => {
      for (const app of this.apps) {
        const { text } = await app.get('/metrics')
        if (text.includes(`quartermaster_outbox_relay_leader{module="${module}"} 1`)) return app
      }
      return null
    })
  }

  /** Waits until a process has crashed, and starts a replacement. */
  async replaceCrashed(): Promise<AppProcess> {
    const dead = await eventually(
      'a process crashes',
      async () => this.apps.find(({ end }) => end) ?? null
    )
    await this.replace(dead)
    return dead
  }

  /** Starts a replacement for an ended process, with its data directory and port. */
  async replace(dead: AppProcess) {
    const place = this.apps.indexOf(dead)
    this.#replaced.push(dead)
    const { PORT, DATA_DIR } = dead.env
    this.apps[place] = await AppProcess.start({
      ...this.process.options,
      dataDir: DATA_DIR,
      port: Number(PORT),
    })
    if (this.process.app === dead) this.process.app = this.apps[place]
  }

  /** Runs a command. @throws Error with its output if its exit code is not 0 */
  async ace(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await ace(this.apps[0].env, ...args)
    if (code !== 0)
      throw new Error(`node ace ${args.join(' ')} exited with ${code}: ${stdout}${stderr}`)
    return stdout
  }

  /** The output of every process so far, by its id. */
  get printed(): Map<number, string> {
    return new Map([...this.#replaced, ...this.apps].map(({ pid, printed }) => [pid, printed]))
  }

  async close() {
    await Promise.all(this.apps.map((app) => app.endNow()))
    await this.remove()
  }

  /** Creates and restocks products, and waits until they can be ordered. */
  async list(skus: string[]) {
    const [app] = this.apps
    for (const sku of skus) {
      const product = { name: sku, price: { amount: 1_000, currency: 'EUR' } }
      const listed = await app.put(`/api/v1/products/${sku}`, this.token, product)
      const path = `/api/v1/stock/${sku}/restocks`
      const quantity = sku === SCARCE ? ON_HAND.scarce : ON_HAND.plenty
      const restocked = await app.post(path, this.token, { quantity })
      if (listed.status !== 201 || restocked.status !== 201) {
        throw new Error(`${sku}: ${listed.text}${restocked.text}`)
      }
    }
    await eventually('everything can be ordered', async () => {
      const priced = await this.query('select from orders.price_list where sku = any ($1)', [skus])
      return priced.length === skus.length
    })
  }
}
