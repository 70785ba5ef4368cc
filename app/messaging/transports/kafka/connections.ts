import type { Admin, Kafka, Producer } from 'kafkajs'
import { createClient, type KafkaOptions } from './client.ts'

/** Maximum age of metadata: how soon a partition is used again after it was without a leader. */
export const METADATA_MS = 3_000

/** The connections of a transport, shared by all callers. */
export class KafkaConnections {
  readonly #options: KafkaOptions
  #client: Promise<Kafka> | null = null

  /** Deliberately not idempotent: see kafka.ts. */
  readonly producer = new LazyConnection<Producer>(async () => {
    const client = await this.client()
    return client.producer({
      idempotent: false,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_MS,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 },
    })
  })

  readonly admin = new LazyConnection<Admin>(async () => {
    const client = await this.client()
    return client.admin({ retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 } })
  })

  constructor(options: KafkaOptions) {
    this.#options = options
  }

  client(): Promise<Kafka> {
    this.#client ??= createClient(this.#options)
    return this.#client
  }

  async close() {
    await Promise.all([this.producer.close(), this.admin.close()])
  }
}

/** Connects at its first use, and again after a failure. */
class LazyConnection<Connection extends Admin | Producer> {
  readonly #create: () => Promise<Connection>
  #opened: Promise<Connection> | null = null

  constructor(create: () => Promise<Connection>) {
    this.#create = create
  }

  async open(): Promise<Connection> {
    const opened = (this.#opened ??= this.#connect())
    try {
      return await opened
    } catch (error) {
      if (this.#opened === opened) this.#opened = null
      throw error
    }
  }

  async #connect() {
    const connection = await this.#create()
    await connection.connect()
    return connection
  }

  /** The next `open` connects again. */
  async close() {
    const opened = this.#opened
    this.#opened = null
    await opened?.then((connection) => connection.disconnect()).catch(() => {})
  }
}
