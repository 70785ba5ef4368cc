/*
 * The servers that all faults of a run share: three Kafka nodes, a PostgreSQL, and proxies in front of them.
 */
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import {
  launchEmbeddedPostgres,
  resetEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '#database/embedded/server'
import { proxyTarget } from '#tests/support/kafka/launcher/node_settings'
import { startBroker, type Broker } from '#tests/support/kafka/launcher/launcher'
import { APP_ROOT } from '#tests/support/processes/app_process'
import { TcpProxy } from '#tests/support/connections/tcp_proxy'

const NODES = 3

export class TestBed {
  #closing: Promise<void> | null = null

  private constructor(
    readonly kafka: Broker,
    /** In front of node 1, 2, 3. */
    readonly brokerProxies: TcpProxy[],
    /** In front of PostgreSQL. */
    readonly databaseProxy: TcpProxy,
    readonly dir: string,
    /** Of the server, without the proxy. */
    readonly databaseUrl: string
  ) {}

  /** @throws MissingTool where Java 17 or Maven is missing */
  static async open(): Promise<TestBed> {
    const dir = await realpath(await mkdtemp(join(tmpdir(), 'quartermaster-faults-')))
    // As root, the embedded PostgreSQL runs as another user, which needs access.
    await chmod(dir, 0o755)
    const brokerProxies = await Promise.all(Array.from({ length: NODES }, () => TcpProxy.open()))
    const kafka = await startBroker({
      nodes: NODES,
      dir: join(dir, 'kafka'),
      jarsIn: join(APP_ROOT, '.data/kafka'),
      port: 'free',
      clientsAt: brokerProxies.map(({ port }) => port),
    })
    const base = Number(new URL(`kafka://${kafka.brokers.split(',')[0]}`).port)
    brokerProxies.forEach((proxy, index) => (proxy.target = proxyTarget(base, index + 1)))
    const { url, port } = await launchEmbeddedPostgres(join(dir, 'data'))
    return new TestBed(kafka, brokerProxies, await TcpProxy.open(port), dir, url)
  }

  /** The brokers' addresses for the apps. */
  get brokers() {
    return this.brokerProxies.map(({ port }) => `127.0.0.1:${port}`).join()
  }

  /** Creates an empty database. @returns its URLs, and drops it */
  async createDatabase(name: string) {
    await this.#onServer(`create database ${name}`)
    const direct = new URL(this.databaseUrl)
    direct.pathname = name
    const throughProxy = new URL(direct)
    throughProxy.port = String(this.databaseProxy.port)
    const drop = () => this.#onServer(`drop database if exists ${name} with (force)`)
    return { direct: direct.href, throughProxy: throughProxy.href, drop }
  }

  /** A Kafka client that does not use the proxies. */
  kafkaClient() {
    return new Kafka({
      clientId: 'observer',
      brokers: this.kafka.brokers.split(','),
      logLevel: logLevel.NOTHING,
    })
  }

  get databaseDir() {
    return join(this.dir, 'data')
  }

  /** Starts PostgreSQL if it is down. */
  async startDatabase() {
    if (this.#closing) throw new Error('the test bed is closed')
    const { port } = await launchEmbeddedPostgres(this.databaseDir)
    this.databaseProxy.target = port
  }

  restoreNetwork() {
    for (const proxy of [...this.brokerProxies, this.databaseProxy]) proxy.restore()
  }

  /** Restores network and servers, whatever the last fault left behind. */
  async restore() {
    this.restoreNetwork()
    await this.startDatabase()
    for (let node = 1; node <= NODES; node++) await this.kafka.up(node)
  }

  /** Ends the servers; nothing starts them again afterwards. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close() {
    for (const proxy of [...this.brokerProxies, this.databaseProxy]) proxy.close()
    await this.kafka.stop()
    await stopEmbeddedPostgres(this.databaseDir)
    await resetEmbeddedPostgres(this.databaseDir)
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }

  async #onServer(statement: string) {
    const client = new pg.Client(this.databaseUrl)
    await client.connect()
    try {
      await client.query(statement)
    } finally {
      await client.end()
    }
  }
}
