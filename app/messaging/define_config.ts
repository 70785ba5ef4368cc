import type { ClientConfig } from 'pg'
import type { Registry } from 'prom-client'
import type { TransportFactory } from './transports/transport.ts'

export interface MessagingConfig {
  /** First part of every message's `ce_type`: `<namespace>.<module>.<type>.v<version>`. */
  namespace: string

  /** Each module has its own outbox, topic and consumer. Its Lucid connection has the module's name. */
  modules: {
    name: string
    /** Connects as the module's role, without time limits and around any transaction pooler. */
    direct: ClientConfig
  }[]

  /** The consumers of all modules, including those that run only in other processes. */
  consumers: string[]

  transport: TransportFactory

  /** Take over an outbox from another transport without the proof that all its messages were handled. */
  acceptTransportChange: boolean

  /** Milliseconds. Without `inbox`, handled ids are kept for as long as they may be delivered again. */
  retention: { outbox: number; inbox?: number }

  /** Where the kernel's metrics are registered; `prefix` begins their names. */
  metrics: { registry: Registry; prefix: string }
}

export function defineConfig(config: MessagingConfig): MessagingConfig {
  return config
}
