import env from '#start/env'
import { directConnection, runsHere } from '#config/database'
import { defineConfig } from '#messaging/define_config'

const brokers = env.get('KAFKA_BROKERS')
const mechanism = env.get('KAFKA_SASL_MECHANISM')

const ALL = ['orders', 'inventory'] as const

export default defineConfig({
  modules: ALL.filter(runsHere).map((name) => ({ name, direct: directConnection(name) })),
  consumers: [...ALL],
  kafka: brokers && {
    brokers,
    topicPrefix: env.get('KAFKA_TOPIC_PREFIX'),
    partitions: env.get('KAFKA_PARTITIONS'),
    replication: env.get('KAFKA_REPLICATION'),
    ssl: env.get('KAFKA_SSL') === 'on',
    sasl: mechanism
      ? {
          mechanism,
          username: env.get('KAFKA_SASL_USERNAME') ?? '',
          password: env.get('KAFKA_SASL_PASSWORD') ?? '',
        }
      : undefined,
    sessionTimeout: env.get('KAFKA_SESSION_TIMEOUT'),
  },
  retention: { outbox: env.get('OUTBOX_RETENTION'), inbox: env.get('INBOX_RETENTION') },
  acceptTransportChange: env.get('TRANSPORT_CHANGE') === 'accept',
})
