import { register } from 'prom-client'
import { defineConfig } from '#messaging/define_config'
import { embedded } from '#messaging/transports/embedded'

export default defineConfig({
  namespace: 'post',
  modules: [
    {
      name: 'parcels',
      direct: {
        connectionString: process.env.DATABASE_URL,
        options: '-c search_path=parcels',
      },
    },
  ],
  consumers: ['parcels'],
  transport: embedded(),
  acceptTransportChange: false,
  retention: { outbox: 7 * 86_400_000 },
  metrics: { registry: register, prefix: 'post' },
})
