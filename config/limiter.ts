import env from '#start/env'
import { defineConfig, stores } from '@adonisjs/limiter'
import type { InferLimiters } from '@adonisjs/limiter/types'

/** Limit per customer account, counted in this process; null for no limit. */
export const requestsAMinute = env.get('RATE_LIMIT')

const limiters = defineConfig({
  default: 'memory',
  stores: {
    /** For requests, because a round trip to the database would cost more than the request. */
    memory: stores.memory({}),
    /** For sign-ins and sign-ups, counted across processes and restarts. */
    attempts: stores.database({ connectionName: 'accounts', tableName: 'attempts' }),
  },
})

export default limiters

declare module '@adonisjs/limiter/types' {
  export interface LimitersList extends InferLimiters<typeof limiters> {}
}
