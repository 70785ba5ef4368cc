import env from '#start/env'
import { register } from 'prom-client'
import { directConnection, runsHere } from '#config/database'
import { NAMESPACE } from '#config/namespace'
import { defineConfig } from '#messaging/define_config'
import { embedded } from '#messaging/transports/embedded'
import { kafka } from '#messaging/transports/kafka/kafka'

const brokers = env.get('KAFKA_BROKERS')
const mechanism = env.get('KAFKA_SASL_MECHANISM')

const ALL = ['orders', 'inventory'] as const

/** Undefined when messages do not leave the process. */
export const kafkaOptions = brokers && {
  brokers,
  clientId: 'quartermaster',
  topicPrefix: env.get('KAFKA_TOPIC_PREFIX'),
  partitions: env.get('KAFKA_PARTITIONS'),
  replication: env.get('KAFKA_REPLICATION'),
  compression: env.get('KAFKA_COMPRESSION'),
  ssl: env.get('KAFKA_SSL') === 'on',
  sasl: mechanism
    ? {
        mechanism,
        username: env.get('KAFKA_SASL_USERNAME') ?? '',
        password: env.get('KAFKA_SASL_PASSWORD') ?? '',
      }
    : undefined,
  sessionTimeout: env.get('KAFKA_SESSION_TIMEOUT'),
}

export default defineConfig({
  namespace: NAMESPACE,
  metrics: { registry: register, prefix: 'quartermaster' },
  modules: ALL.filter(runsHere).map((name) => ({ name, direct: directConnection(name) })),
  consumers: [...ALL],
  transport: kafkaOptions ? kafka(kafkaOptions) : embedded(),
  retention: { outbox: env.get('OUTBOX_RETENTION'), inbox: env.get('INBOX_RETENTION') },
  acceptTransportChange: env.get('TRANSPORT_CHANGE') === 'accept',
})
