import type { ClientConfig } from 'pg'
import type { KafkaOptions } from './transports/kafka_client.ts'

export interface MessagingConfig {
  /** Each module has an outbox, a topic and a consumer of its own; its Lucid connection has its name. */
  modules: {
    name: string
    /** The module's role, without limits and around any transaction pooler: for the relay and proofs. */
    direct: ClientConfig
  }[]
  /** The consumers of all modules, also of those that run in other processes alone. */
  consumers: string[]
  /** Undefined: the embedded transport. */
  kafka?: Omit<KafkaOptions, 'logger'>
  acceptTransportChange: boolean
  /** Milliseconds that published messages and handled ids are kept; without `inbox` as long as needed. */
  retention: { outbox: number; inbox?: number }
}

export function defineConfig(config: MessagingConfig): MessagingConfig {
  return config
}
