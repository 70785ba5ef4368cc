import { defineConfig } from '@adonisjs/lucid'

export default defineConfig({
  connection: 'parcels',
  connections: {
    parcels: {
      client: 'pg',
      connection: { connectionString: process.env.DATABASE_URL },
      searchPath: ['parcels'],
    },
  },
})
