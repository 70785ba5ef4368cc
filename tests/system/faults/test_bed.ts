/*
 * What the faults of one run share: a Kafka of three nodes, a PostgreSQL, and the lines that lead to them.
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
import { linePort } from '#tests/support/kafka/launcher/node_settings'
import { startBroker, type Broker } from '#tests/support/kafka/launcher/launcher'
import { APP_ROOT } from '#tests/support/processes/app_process'
import { Line } from '#tests/support/connections/tcp_proxy'

const NODES = 3

export class Stage {
  private constructor(
    readonly kafka: Broker,
    /** Between the apps and node 1, 2, 3. */
    readonly brokerLines: Line[],
    /** Between the apps and PostgreSQL. */
    readonly databaseLine: Line,
    readonly dir: string,
    /** Of the server, without any line. */
    readonly databaseUrl: string
  ) {}

  /** @throws MissingTool where Java 17 or Maven is missing */
  static async open(): Promise<Stage> {
    const dir = await realpath(await mkdtemp(join(tmpdir(), 'quartermaster-faults-')))
    // The embedded PostgreSQL of root runs as another user, which must get in.
    await chmod(dir, 0o755)
    const brokerLines = await Promise.all(Array.from({ length: NODES }, () => Line.open()))
    const kafka = await startBroker({
      nodes: NODES,
      dir: join(dir, 'kafka'),
      jarsIn: join(APP_ROOT, '.data/kafka'),
      port: 'free',
      clientsAt: brokerLines.map(({ port }) => port),
    })
    const base = Number(new URL(`kafka://${kafka.brokers.split(',')[0]}`).port)
    brokerLines.forEach((line, index) => (line.to = linePort(base, index + 1)))
    const { url, port } = await launchEmbeddedPostgres(join(dir, 'data'))
    return new Stage(kafka, brokerLines, await Line.open(port), dir, url)
  }

  /** As the apps find the brokers. */
  get brokers() {
    return this.brokerLines.map(({ port }) => `127.0.0.1:${port}`).join()
  }

  /** A new, empty database, as we reach it and as the apps do. */
  async createDatabase(name: string) {
    await this.#onServer(`create database ${name}`)
    const direct = new URL(this.databaseUrl)
    direct.pathname = name
    const throughLine = new URL(direct)
    throughLine.port = String(this.databaseLine.port)
    const drop = () => this.#onServer(`drop database if exists ${name} with (force)`)
    return { direct: direct.href, throughLine: throughLine.href, drop }
  }

  /** A client of the brokers that needs no line. */
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

  /** Starts PostgreSQL again where it has ended; it keeps its port. */
  async startDatabase() {
    const { port } = await launchEmbeddedPostgres(this.databaseDir)
    this.databaseLine.to = port
  }

  mendLines() {
    for (const line of [...this.brokerLines, this.databaseLine]) line.mend()
  }

  /** Everything as it was before the first fault, whatever a fault that failed has left. */
  async mend() {
    this.mendLines()
    await this.startDatabase()
    for (let node = 1; node <= NODES; node++) await this.kafka.up(node)
  }

  async close() {
    for (const line of [...this.brokerLines, this.databaseLine]) line.close()
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
